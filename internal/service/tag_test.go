package service_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

// look submits the default branch of a repository, and carries out everything that follows.
func (m mill) look(t *testing.T, repo *testpipe.Repo) {
	t.Helper()
	m.submit(t, "acme", repo, "")
	for range 2 { // tags that have come, and removals
		m.MustDeliver(t, m.Look(t)...)
		m.Settle(t)
		if err := m.Sync.Forget(t.Context()); err != nil {
			t.Fatal(err)
		}
		m.Settle(t)
	}
}

func (m mill) versions(t *testing.T, repo *testpipe.Repo) string {
	t.Helper()
	a, err := m.Versions(t.Context(), service.VersionsRequest{Tenant: "acme", Repository: repo.Dir})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, v := range a.Versions {
		names = append(names, v.Name+":"+v.State)
	}
	return strings.Join(names, " ")
}

// A glob of tags keeps the newest tags as versions. Each new one replaces the oldest, but never a
// pinned one.
func TestTheNewestTagsAreKept(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	repo.Git(t, nil, "-C", repo.Dir, "symbolic-ref", "HEAD", "refs/heads/main")
	m.put(t, "acme", repo, "refs/heads/main", testpipe.Text("a.txt", "the water\n"))
	tag := func(names ...string) {
		t.Helper()
		for _, name := range names {
			repo.CommitTo(t, "refs/tags/"+name, testpipe.Text("a.txt", "water of "+name+"\n"))
		}
	}
	tag("v1.2", "v1.10", "v1.9", "other")
	a, err := m.TrackTags(t.Context(), service.TrackTagsRequest{Tenant: "acme", Repository: repo.Dir, Tags: "v*", Keep: 2})
	if err != nil || a.Rule.Tags != "refs/tags/v*" || a.Submission.ID == "" {
		t.Fatalf("%+v, %v", a, err)
	}
	m.look(t, repo)
	if got := m.versions(t, repo); got != "v1.10:indexed v1.9:indexed" {
		t.Fatalf("at first: %s", got)
	}
	if got := m.text(t, repo, "v1.9"); got != "water of v1.9\n" {
		t.Errorf("v1.9 reads %q", got)
	}
	if got := fmt.Sprint(m.hits(t, repo, "water", "")); got != "[main:a.txt]" {
		t.Errorf("without a ref: %s", got)
	}

	if _, err := m.Pin(t.Context(), service.PinRequest{Tenant: "acme", Repository: repo.Dir, Commit: "v1.9"}); err != nil {
		t.Fatal(err)
	}
	tag("v1.8.1", "v2.0")
	m.look(t, repo)
	if got := m.versions(t, repo); got != "v1.8.1:indexed v1.9:indexed v2.0:indexed" {
		t.Errorf("with new tags, and one that is pinned: %s", got)
	}
	repo.Git(t, nil, "-C", repo.Dir, "update-ref", "-d", "refs/tags/v2.0")
	m.look(t, repo)
	if got := m.versions(t, repo); got != "v1.8.1:indexed v1.9:indexed v2.0:indexed" {
		t.Errorf("when a tag has left the remote: %s", got)
	}
	if left := m.One(t, "select count(*) from tracks where ref = 'refs/tags/v1.10'"); left != "0" {
		t.Errorf("the oldest is still there")
	}
	m.CheckClean(t)

	// By age: the existing tags were seen long ago.
	m.Rows(t, "update seen_tags set seen_at = now() - interval '40 days' where ref <> 'refs/tags/v2.0'")
	if _, err := m.TrackTags(t.Context(), service.TrackTagsRequest{Tenant: "acme", Repository: repo.Dir, Tags: "v*", Keep: 5, Days: 30}); err != nil {
		t.Fatal(err)
	}
	m.look(t, repo)
	if got := m.versions(t, repo); got != "v1.9:indexed v2.0:indexed" {
		t.Errorf("by age: %s", got)
	}

	rules, err := m.TagRules(t.Context(), service.TagRulesRequest{Tenant: "acme", Repository: repo.Dir})
	if err != nil || len(rules.Rules) != 1 || rules.Rules[0].Keep != 5 || rules.Rules[0].Days != 30 {
		t.Errorf("%+v, %v", rules, err)
	}
	if err := m.UntrackTags(t.Context(), service.UntrackTagsRequest{Tenant: "acme", Repository: repo.Dir, Tags: "v*"}); err != nil {
		t.Fatal(err)
	}
	m.look(t, repo)
	if got := m.versions(t, repo); got != "v1.9:indexed" {
		t.Errorf("after the rule: %s", got)
	}
	m.CheckClean(t)
}

// The newest tags of a rule are searchable. Older ones come without points, can be read, and wake
// when a search names them. They sleep again when nobody has searched them for a while.
func TestOlderTagsOfARuleSleep(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	repo.Git(t, nil, "-C", repo.Dir, "symbolic-ref", "HEAD", "refs/heads/main")
	m.put(t, "acme", repo, "refs/heads/main", testpipe.Text("a.txt", "the water\n"))
	for n := 1; n <= 4; n++ {
		repo.CommitTo(t, fmt.Sprintf("refs/tags/v%d", n), testpipe.Text("a.txt", fmt.Sprintf("water of v%d\n", n)))
	}
	if _, err := m.TrackTags(t.Context(), service.TrackTagsRequest{Tenant: "acme", Repository: repo.Dir, Tags: "v*", Keep: 4, Searchable: 2}); err != nil {
		t.Fatal(err)
	}
	expect := func(when, asleep string, points uint64) {
		t.Helper()
		m.look(t, repo)
		m.turn(t)
		if got := m.One(t, "select coalesce(string_agg(ref, ' ' order by ref), '') from tracks where dormant_at is not null and not turning"); got != asleep {
			t.Errorf("%s: %q sleep, want %q", when, got, asleep)
		}
		active, err := m.Catalog.Generations.Active(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n, err := m.Points.CountAll(t.Context(), active.Collection); err != nil || n != points {
			t.Errorf("%s: %d points, %v; want %d", when, n, err, points)
		}
		m.CheckClean(t)
	}
	expect("at first", "refs/tags/v1 refs/tags/v2", 3)
	if got := m.text(t, repo, "v1"); got != "water of v1\n" {
		t.Errorf("v1 reads %q", got)
	}
	if a, err := m.Search(t.Context(), service.SearchRequest{Tenant: "acme", Query: "water", Repositories: []string{repo.Dir}, Ref: "v1"}); err != nil || len(a.Waking) != 1 {
		t.Errorf("%+v, %v", a, err)
	}
	expect("after a search of v1", "refs/tags/v2", 4)

	repo.CommitTo(t, "refs/tags/v5", testpipe.Text("a.txt", "water of v5\n"))
	expect("when a tag comes beside those that were searched lately", "refs/tags/v2", 4)
	m.Rows(t, "update tracks set searched_at = now() - interval '2 hours'")
	expect("when nobody has searched for a while", "refs/tags/v2 refs/tags/v3", 3)

	// A pinned tag stays awake.
	if _, err := m.Pin(t.Context(), service.PinRequest{Tenant: "acme", Repository: repo.Dir, Commit: "v3", Name: "kept"}); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Wake(t.Context(), service.TurnRequest{Tenant: "acme", Repository: repo.Dir, Ref: "v3"}); err != nil {
		t.Fatal(err)
	}
	m.turn(t)
	m.Rows(t, "update tracks set searched_at = now() - interval '2 hours'")
	expect("when one is pinned", "refs/tags/v2", 4)
}

func TestARuleOfTagsIsRefused(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	m.put(t, "acme", repo, "refs/heads/main", testpipe.Text("a.txt", "a\n"))
	for _, r := range []service.TrackTagsRequest{
		{Tags: "refs/heads/*"}, {Tags: ""}, {Tags: "a b"}, {Tags: "a\x00"}, {Tags: strings.Repeat("v", 300)}, {Tags: "v[12]"},
		{Tags: "v*", Keep: -1}, {Tags: "v*", Keep: service.MostTags + 1}, {Tags: "v*", Days: -1}, {Tags: "v*", Searchable: -1}, {Tags: "v*", Searchable: service.MostTags + 1},
	} {
		r.Tenant, r.Repository = "acme", repo.Dir
		if _, err := m.TrackTags(t.Context(), r); !errors.Is(err, service.Invalid) {
			t.Errorf("%+v: %v", r, err)
		}
	}
	if _, err := m.TrackTags(t.Context(), service.TrackTagsRequest{Tenant: "other", Repository: repo.Dir, Tags: "v*"}); !errors.Is(err, service.NotFound) {
		t.Errorf("of another tenant: %v", err)
	}
	if rules, err := m.Catalog.Tags.Rules(t.Context(), events.RepositoryID("acme", repo.Dir)); err != nil || len(rules) != 0 {
		t.Errorf("%v, %v", rules, err)
	}
	if err := m.UntrackTags(t.Context(), service.UntrackTagsRequest{Tenant: "acme", Repository: repo.Dir, Tags: "v*"}); !errors.Is(err, service.NotFound) {
		t.Errorf("%v", err)
	}
}
