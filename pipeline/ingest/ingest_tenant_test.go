package ingest_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/catalog"
)

// Law 11, for everything that people are shown: the status, the commits that wait for
// approval, and the dead letters. Two tenants have the same events, about repositories of
// their own and about one that both have.
func TestNoStatusCrossesTenants(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	shared := testpipe.NewRepo(t)
	own := map[string]*testpipe.Repo{"ours": testpipe.NewRepo(t), "theirs": testpipe.NewRepo(t)}
	shared.Commit(t, testpipe.Text("shared.txt", "water\n"))
	for _, tenant := range slices.Sorted(maps.Keys(own)) {
		repo := own[tenant]
		repo.Commit(t, numbered(tenant, 120))
		for push := range 2 { // the second would take most away, and waits
			for _, r := range []*testpipe.Repo{shared, repo} {
				m := testpipe.Submission(t, tenant, events.RepoSubmitted{URL: r.Dir})
				if err := p.Ingest.Handle(t.Context(), m); err != nil {
					t.Fatal(err)
				}
				letter := catalog.DeadLetter{
					Worker: "test", Message: fmt.Sprint(tenant, push, r.Dir), Tenant: tenant, Source: m.Source, Event: "the same", Reason: "of " + tenant,
				}
				if err := p.Catalog.Letters.Bury(t.Context(), letter); err != nil {
					t.Fatal(err)
				}
			}
			p.Rows(t, "update documents d set state = 'indexed', indexed_revision = revision, due_at = null where state = 'chunked'")
			repo.Commit(t, testpipe.Text("README.md", "# "+tenant+"\n"))
		}
	}
	for tenant, other := range map[string]string{"ours": "theirs", "theirs": "ours", "nobody": "", "our": "", "OURS": ""} {
		want := "[] [] []"
		if own[tenant] != nil {
			want = fmt.Sprintf("%s [%s] [of %s]", slices.Sorted(slices.Values([]string{shared.Dir, own[tenant].Dir})), own[tenant].Dir, tenant)
		}
		got, all := told(t, p, tenant)
		if got != want {
			t.Errorf("%s is told of %s, want %s", tenant, got, want)
		}
		if other != "" && (strings.Contains(all, own[other].Dir) || strings.Contains(all, other)) {
			t.Errorf("%s is told of %s: %s", tenant, other, all)
		}
	}
}

// told returns the URLs of a tenant's tracks and waiting commits, and the reasons of
// its dead letters; then everything that is shown with them.
func told(t *testing.T, p *testpipe.Pipe, tenant string) (short, all string) {
	t.Helper()
	tracks, err := p.Catalog.Tracks(t.Context(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	waiting, err := p.Catalog.Approvals.List(t.Context(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	last, err := p.Catalog.Letters.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	letters, err := p.Catalog.Letters.List(t.Context(), catalog.LetterFilter{Tenant: tenant}, 0, last, 100)
	if err != nil {
		t.Fatal(err)
	}
	urls, asked, reasons := []string{}, []string{}, []string{}
	for _, s := range tracks {
		urls = append(urls, s.URL)
	}
	for _, a := range waiting {
		asked = append(asked, a.URL)
	}
	for _, l := range letters {
		reasons = append(reasons, l.Reason)
	}
	return fmt.Sprint(urls, " ", asked, " ", reasons), fmt.Sprintf("%+v %+v %+v", tracks, waiting, letters)
}
