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

// submit has a ref of a tenant's repository indexed.
func (m mill) submit(t *testing.T, tenant string, repo *testpipe.Repo, ref string) {
	t.Helper()
	if err := m.Ingest.Handle(t.Context(), testpipe.Submission(t, tenant, events.RepoSubmitted{Tenant: tenant, URL: repo.Dir, Ref: ref})); err != nil {
		t.Fatal(err)
	}
	m.Settle(t)
}

func (m mill) text(t *testing.T, repo *testpipe.Repo, ref string) string {
	t.Helper()
	a, err := m.Read(t.Context(), service.ReadRequest{Tenant: "acme", Repository: repo.Dir, Ref: ref, Path: "a.txt"})
	if err != nil {
		t.Fatalf("at %q: %v", ref, err)
	}
	return a.Text
}

func (m mill) hits(t *testing.T, repo *testpipe.Repo, query, ref string) (places []string) {
	t.Helper()
	a, err := m.Search(t.Context(), service.SearchRequest{Tenant: "acme", Query: query, Repositories: []string{repo.Dir}, Ref: ref})
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range a.Hits {
		places = append(places, service.ShortRef(h.Ref)+":"+h.Path)
	}
	return places
}

// A pinned commit stays as it is and is found by its name. It costs no vector that already exists.
func TestAPinnedCommitStays(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	first := m.put(t, "acme", repo, "refs/heads/main", testpipe.Text("a.txt", "the old water\n", "b.txt", "b\n"))
	vectors := m.One(t, "select count(*) from vectors")
	pinned, err := m.Pin(t.Context(), service.PinRequest{Tenant: "acme", Repository: repo.Dir, Commit: "main", Name: "before"})
	if err != nil || pinned.Version.Commit != first || pinned.Version.Ref != "refs/commits/"+first {
		t.Fatalf("%+v, %v", pinned, err)
	}
	m.submit(t, "acme", repo, pinned.Version.Ref)
	if n := m.One(t, "select count(*) from vectors"); n != vectors {
		t.Errorf("%s vectors, were %s", n, vectors)
	}
	second := m.put(t, "acme", repo, "refs/heads/main", testpipe.Text("a.txt", "the new water\n", "b.txt", "b\n"))
	for ref, want := range map[string]string{
		"": "the new water\n", "main": "the new water\n", second[:10]: "the new water\n",
		"before": "the old water\n", first: "the old water\n", first[:7]: "the old water\n",
	} {
		if got := m.text(t, repo, ref); got != want {
			t.Errorf("at %q: %q", ref, got)
		}
	}
	if got := fmt.Sprint(m.hits(t, repo, "water", "")); got != "[main:a.txt]" {
		t.Errorf("without a ref: %s", got)
	}
	if got := fmt.Sprint(m.hits(t, repo, "water", "before")); got != "["+first+":a.txt]" {
		t.Errorf("at the version: %s", got)
	}
	list, err := m.Versions(t.Context(), service.VersionsRequest{Tenant: "acme", Repository: repo.Dir})
	if err != nil || len(list.Versions) != 1 || list.Versions[0].Name != "before" || list.Versions[0].State != "indexed" {
		t.Errorf("%+v, %v", list, err)
	}
	m.CheckClean(t)

	if err := m.Unpin(t.Context(), service.UnpinRequest{Tenant: "acme", Repository: repo.Dir, Name: "before"}); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		if err := m.Sync.Forget(t.Context()); err != nil {
			t.Fatal(err)
		}
		m.Settle(t)
	}
	if _, err := m.Read(t.Context(), service.ReadRequest{Tenant: "acme", Repository: repo.Dir, Ref: "before", Path: "a.txt"}); !errors.Is(err, service.NotFound) {
		t.Errorf("after unpin: %v", err)
	}
	if n := m.One(t, "select count(*) from tracks where ref like 'refs/commits/%'"); n != "0" {
		t.Errorf("%s tracks of commits after unpin", n)
	}
	m.CheckClean(t)
}

// A pinned tag keeps its commit when the remote moves it.
func TestAPinnedTagDoesNotMove(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	m.put(t, "acme", repo, "refs/tags/v1", testpipe.Text("a.txt", "one\n"))
	if _, err := m.Pin(t.Context(), service.PinRequest{Tenant: "acme", Repository: repo.Dir, Commit: "v1"}); err != nil {
		t.Fatal(err)
	}
	m.put(t, "acme", repo, "refs/tags/v1", testpipe.Text("a.txt", "moved\n"))
	if got := m.text(t, repo, "v1"); got != "one\n" {
		t.Errorf("the version holds %q", got)
	}
	if err := m.Unpin(t.Context(), service.UnpinRequest{Tenant: "acme", Repository: repo.Dir, Name: "v1"}); err != nil {
		t.Fatal(err)
	}
	m.submit(t, "acme", repo, "refs/tags/v1")
	if got := m.text(t, repo, "v1"); got != "moved\n" {
		t.Errorf("after unpin the tag holds %q", got)
	}
}

// A tag that is not indexed is pinned by its name: at the commit that the remote names first.
// One that the remote does not have leaves nothing when it is unpinned.
func TestATagIsPinnedThatIsNotIndexed(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	m.put(t, "acme", repo, "refs/heads/main", testpipe.Text("a.txt", "main\n"))
	for _, tag := range []string{"v9", "nosuch"} {
		a, err := m.Pin(t.Context(), service.PinRequest{Tenant: "acme", Repository: repo.Dir, Commit: tag})
		if err != nil || a.Version.Name != tag || a.Version.Ref != "refs/tags/"+tag || a.Version.Commit != "" {
			t.Fatalf("%+v, %v", a, err)
		}
	}
	first := m.put(t, "acme", repo, "refs/tags/v9", testpipe.Text("a.txt", "nine\n"))
	m.put(t, "acme", repo, "refs/tags/v9", testpipe.Text("a.txt", "moved\n"))
	if got := m.text(t, repo, "v9"); got != "nine\n" {
		t.Errorf("the version holds %q", got)
	}
	list, err := m.Versions(t.Context(), service.VersionsRequest{Tenant: "acme", Repository: repo.Dir})
	if err != nil || len(list.Versions) != 2 || list.Versions[1].Commit != first || list.Versions[0].Commit != "" {
		t.Errorf("%+v, %v", list, err)
	}
	if err := m.Unpin(t.Context(), service.UnpinRequest{Tenant: "acme", Repository: repo.Dir, Name: "nosuch"}); err != nil {
		t.Fatal(err)
	}
	if left := m.One(t, "select count(*) from tracks where ref = 'refs/tags/nosuch' and forgotten_at is null"); left != "0" {
		t.Errorf("%s tracks are left of a tag that the remote does not have", left)
	}
	m.CheckClean(t)
}

// A held ref serves an older commit until it is released. Nothing is embedded for it.
func TestAHeldRefServesAnOlderCommit(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	first := m.put(t, "acme", repo, "refs/heads/main", testpipe.Text("a.txt", "one\n", "b.txt", "b\n"))
	m.put(t, "acme", repo, "refs/heads/main", testpipe.Text("a.txt", "two\n"))
	vectors := m.One(t, "select count(*) from vectors")
	held, err := m.Hold(t.Context(), service.HoldRequest{Tenant: "acme", Repository: repo.Dir, To: first})
	if err != nil || held.Held != first || held.Ref != "refs/heads/main" {
		t.Fatalf("%+v, %v", held, err)
	}
	m.submit(t, "acme", repo, "refs/heads/main")
	if got := m.text(t, repo, ""); got != "one\n" {
		t.Errorf("held: %q", got)
	}
	m.put(t, "acme", repo, "refs/heads/main", testpipe.Text("a.txt", "three\n"))
	if got := m.text(t, repo, ""); got != "one\n" {
		t.Errorf("held, after a push: %q", got)
	}
	if n := m.One(t, "select count(*) from vectors"); n != vectors {
		t.Errorf("%s vectors, were %s", n, vectors)
	}
	if _, err := m.Hold(t.Context(), service.HoldRequest{Tenant: "acme", Repository: repo.Dir}); err != nil {
		t.Fatal(err)
	}
	m.submit(t, "acme", repo, "refs/heads/main")
	if got := m.text(t, repo, ""); got != "three\n" {
		t.Errorf("released: %q", got)
	}
	m.CheckClean(t)
}

func TestVersionsRefuseWhatCannotBe(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	m.put(t, "acme", repo, "refs/heads/main", testpipe.Text("a.txt", "one\n"))
	pin := func(commit, name string) error {
		_, err := m.Pin(t.Context(), service.PinRequest{Tenant: "acme", Repository: repo.Dir, Commit: commit, Name: name})
		return err
	}
	if err := pin("main", "v"); err != nil {
		t.Fatal(err)
	}
	if err := pin("main", "v"); err != nil {
		t.Errorf("pinned again: %v", err)
	}
	for want, err := range map[string]error{
		"name a commit":                                    pin("", ""),
		"submit this branch first":                         pin("no such/..", ""),
		"begin with a letter or digit":                     pin("main", "-x"),
		"another commit has this name":                     pin(strings.Repeat("ab", 20), "v"),
		"no such version":                                  m.Unpin(t.Context(), service.UnpinRequest{Tenant: "acme", Repository: repo.Dir, Name: "nosuch"}),
		`no repository "` + repo.Dir + `" of tenant other`: m.Unpin(t.Context(), service.UnpinRequest{Tenant: "other", Repository: repo.Dir, Name: "v"}),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}
