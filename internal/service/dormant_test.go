package service_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/announce"
	"github.com/leatworks/leat/pipeline/syncer/dormant"
)

// turn lets all tracks finish falling asleep or waking.
func (m mill) turn(t *testing.T) {
	t.Helper()
	k := dormant.New(dormant.Config{}, m.Catalog, m.Catalog.Dormancy, m.Catalog.Generations, m.Catalog.Locks, m.Points, announce.New(m.Broker, "/leat/syncer"), m.Logs.Logger())
	for range 2 {
		if err := k.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		m.Settle(t)
	}
	if err := k.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A search that names a repository wakes it, and says so. A search over everything counts the
// sleeping refs within its reach.
func TestASearchWakesWhatItNames(t *testing.T) {
	m := open(t)
	one, two, foreign := testpipe.NewRepo(t), testpipe.NewRepo(t), testpipe.NewRepo(t)
	sleeps := m.put(t, "acme", one, "refs/heads/main", testpipe.Text("a.txt", "water wheel\n"))
	awake := m.put(t, "acme", two, "refs/heads/main", testpipe.Text("b.txt", "water gate\n"))
	m.put(t, "other", foreign, "refs/heads/main", testpipe.Text("c.txt", "water tower\n"))
	for tenant, repo := range map[string]*testpipe.Repo{"acme": one, "other": foreign} {
		a, err := m.Sleep(t.Context(), service.TurnRequest{Tenant: tenant, Repository: repo.Dir})
		if err != nil || len(a.Refs) != 1 || a.Refs[0].State != service.FallingAsleep {
			t.Fatalf("%+v, %v", a, err)
		}
	}
	m.turn(t)
	search := func(reach []string, ref string, repositories ...string) service.SearchAnswer {
		t.Helper()
		a, err := m.Search(t.Context(), service.SearchRequest{Tenant: "acme", Reach: reach, Query: "water", Ref: ref, Repositories: repositories})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	for name, test := range map[string]struct {
		reach []string
		slept int64
	}{"all": {nil, 1}, "what sleeps": {[]string{one.Dir}, 1}, "what is awake": {[]string{two.Dir}, 0}} {
		if a := search(test.reach, ""); a.Slept != test.slept || len(a.Waking) != 0 {
			t.Errorf("%s: %d slept, waking %v", name, a.Slept, a.Waking)
		}
	}
	if a := search(nil, "main"); a.Slept != 1 || len(a.Waking) != 0 { // a ref alone names no repository
		t.Errorf("by ref: %d slept, waking %v", a.Slept, a.Waking)
	}
	if a := search(nil, awake); a.Slept != 0 || len(a.Waking) != 0 { // what sleeps has another ref
		t.Errorf("by the ref of what is awake: %d slept, waking %v", a.Slept, a.Waking)
	}
	if a := search(nil, "", two.Dir); a.Slept != 0 || len(a.Waking) != 0 || len(a.Hits) != 1 {
		t.Errorf("of what is awake: %+v", a)
	}
	if text := m.text(t, one, ""); text != "water wheel\n" {
		t.Errorf("a track that sleeps is read: %q", text)
	}
	status, err := m.Status(t.Context(), service.StatusRequest{Tenant: "acme", Repository: one.Dir})
	if err != nil || status.Repositories[0].Dormant != service.Asleep || status.Repositories[0].State != "indexed" {
		t.Errorf("%+v, %v", status, err)
	}

	for range 2 { // the answer says so while the ref wakes
		a := search(nil, "", one.Dir)
		want := fmt.Sprintf("[{%s refs/heads/main waking 0 0}]", one.Dir)
		if got := fmt.Sprint(a.Waking); got != want || len(a.Hits) != 0 || a.Slept != 0 {
			t.Errorf("waking %s, want %s, and %d hits", got, want, len(a.Hits))
		}
	}
	m.turn(t)
	if a := search(nil, "", one.Dir); len(a.Waking) != 0 || len(a.Hits) != 1 {
		t.Errorf("when it is awake: %+v", a)
	}
	if _, err := m.Sleep(t.Context(), service.TurnRequest{Tenant: "acme", Repository: one.Dir}); err != nil {
		t.Fatal(err)
	}
	m.turn(t)
	if a := search(nil, sleeps); len(a.Waking) != 1 || a.Slept != 0 || !strings.Contains(a.Empty, "waking") { // no other repository has it
		t.Errorf("by a ref of one repository: %+v", a)
	}
	m.turn(t)
	if a := search(nil, ""); a.Slept != 0 || len(a.Hits) != 2 {
		t.Errorf("all: %+v", a)
	}
	m.CheckClean(t)
}

// A search is recorded for the refs that it names, and for those of its hits.
func TestASearchIsRecorded(t *testing.T) {
	m := open(t)
	repos := map[string]*testpipe.Repo{"hit": testpipe.NewRepo(t), "named": testpipe.NewRepo(t), "neither": testpipe.NewRepo(t)}
	for name, repo := range repos {
		m.put(t, "acme", repo, "refs/heads/main", testpipe.Text(name+".txt", name+"\n"))
	}
	m.Rows(t, "update tracks set searched_at = now() - interval '1 hour'")
	ask := func(r service.SearchRequest) {
		t.Helper()
		r.Tenant = "acme"
		if _, err := m.Search(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	ask(service.SearchRequest{Query: "hit", Path: "hit.txt"})
	ask(service.SearchRequest{Query: "nothing", Symbols: []string{"nowhere"}, Repositories: []string{repos["named"].Dir}})
	recorded := func() string {
		return strings.Join(m.Rows(t, "select r.url from tracks t join repositories r on r.id = t.repository where t.searched_at > now() - interval '1 minute'"), " ")
	}
	for name, repo := range repos {
		if is := strings.Contains(recorded(), repo.Dir); is != (name != "neither") {
			t.Errorf("%s is recorded: %t", name, is)
		}
	}
	m.Rows(t, "update tracks set searched_at = now() - interval '1 hour'")
	ask(service.SearchRequest{Query: "hit", Path: "hit.txt"})
	if got := recorded(); got != "" {
		t.Errorf("recorded again at once: %s", got)
	}
}
