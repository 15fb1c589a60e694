package ingest_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

// A tenant at its limit keeps its repositories, is told why it gets no more, and goes on
// when the limit is raised.
func TestATenantHasNoMoreThanItsLimits(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	first, second := testpipe.NewRepo(t), testpipe.NewRepo(t)
	first.Commit(t, testpipe.Text("a.txt", "1\n", "b.txt", "2\n"))
	second.Commit(t, testpipe.Text("c.txt", "3\n"))
	p.Rows(t, "insert into tenants (name, max_repositories, max_documents) values ('acme', 1, 3)")
	submit := func(r *testpipe.Repo) error {
		return p.Ingest.Handle(t.Context(), testpipe.Submission(t, "acme", events.RepoSubmitted{Tenant: "acme", URL: r.Dir}))
	}
	refused := func(err error, reason string) {
		t.Helper()
		if kind, _ := fault.Of(err); kind != fault.KindReject || !strings.Contains(err.Error(), reason) {
			t.Errorf("%v, want it rejected because %s", err, reason)
		}
	}
	documents := func(want string) {
		t.Helper()
		if got := p.One(t, "select string_agg(convert_from(path, 'UTF8'), ' ' order by path) from documents where state not in ('removed', 'skipped')"); got != want {
			t.Errorf("the documents are %s, want %s", got, want)
		}
	}
	if err := submit(first); err != nil {
		t.Fatal(err)
	}
	refused(submit(second), "tenant acme has 1 repositories, and its limit is 1")
	first.Commit(t, testpipe.Text("a.txt", "1\n", "b.txt", "2\n", "d.txt", "4\n", "e.txt", "5\n"))
	refused(submit(first), "tenant acme would have 4 documents with this commit, and its limit is 3")
	documents("a.txt b.txt")
	p.Rows(t, "update tenants set max_repositories = 2, max_documents = 5 where name = 'acme'")
	for _, r := range []*testpipe.Repo{first, second} {
		if err := submit(r); err != nil {
			t.Errorf("with room for it: %v", err)
		}
	}
	documents("a.txt b.txt c.txt d.txt e.txt")
	other := testpipe.Submission(t, "other", events.RepoSubmitted{Tenant: "other", URL: second.Dir})
	if err := p.Ingest.Handle(t.Context(), other); err != nil {
		t.Errorf("another tenant, which has no limit: %v", err)
	}
}

// Repositories that come at once do not share the last place.
func TestTheLastPlaceIsTakenOnce(t *testing.T) {
	const places, comers = 2, 6
	p := testpipe.Open(t, testpipe.Config{})
	p.Rows(t, "insert into tenants (name, max_repositories) values ('acme', $1)", places)
	repos := make([]*testpipe.Repo, comers)
	for i := range repos {
		repos[i] = testpipe.NewRepo(t)
		repos[i].Commit(t, testpipe.Text("a.txt", "1\n"))
	}
	results := make([]error, comers)
	var all sync.WaitGroup
	for i, r := range repos {
		m := testpipe.Submission(t, "acme", events.RepoSubmitted{Tenant: "acme", URL: r.Dir})
		all.Go(func() { results[i] = p.Ingest.Handle(t.Context(), m) })
	}
	all.Wait()
	refused := 0
	for _, err := range results {
		if err == nil {
			continue
		}
		refused++
		if kind, _ := fault.Of(err); kind != fault.KindReject || !strings.Contains(err.Error(), "tenant acme has 2 repositories, and its limit is 2") {
			t.Errorf("refused with %v", err)
		}
	}
	if n := p.One(t, "select count(distinct repository)::text from tracks"); refused != comers-places || n != "2" {
		t.Errorf("%d of %d are refused, and the tenant has %s repositories", refused, comers, n)
	}
	// A repository that has a place keeps it.
	for i, err := range results {
		if err == nil {
			repos[i].Commit(t, testpipe.Text("a.txt", "2\n"))
			if err := p.Ingest.Handle(t.Context(), testpipe.Submission(t, "acme", events.RepoSubmitted{Tenant: "acme", URL: repos[i].Dir})); err != nil {
				t.Errorf("a push: %v", err)
			}
		}
	}
}

// Commits that come at once do not take more documents together than their tenant may have.
func TestTheLastDocumentsAreTakenOnce(t *testing.T) {
	const most, comers, files = 7, 6, 3
	p := testpipe.Open(t, testpipe.Config{})
	p.Rows(t, "insert into tenants (name, max_documents) values ('acme', $1)", most)
	results := make([]error, comers)
	var all sync.WaitGroup
	for i := range comers {
		repo := testpipe.NewRepo(t)
		repo.Commit(t, testpipe.Text("a.txt", "1\n", "b.txt", "2\n", "c.txt", "3\n"))
		m := testpipe.Submission(t, "acme", events.RepoSubmitted{Tenant: "acme", URL: repo.Dir})
		all.Go(func() { results[i] = p.Ingest.Handle(t.Context(), m) })
	}
	all.Wait()
	refused := 0
	for _, err := range results {
		if err == nil {
			continue
		}
		refused++
		if kind, _ := fault.Of(err); kind != fault.KindReject || !strings.Contains(err.Error(), "and its limit is 7") {
			t.Errorf("refused with %v", err)
		}
	}
	if n := p.One(t, "select count(*)::text from documents"); refused != comers-most/files || n != "6" {
		t.Errorf("%d of %d are refused, and the tenant has %s documents", refused, comers, n)
	}
	if n := p.One(t, "select count(*)::text from snapshots where state = 'listing'"); n != "0" {
		t.Errorf("%s listings of refused commits were begun", n)
	}
}
