package ingest_test

import (
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

// forge serves one repository at /team/NAME for each name that leads to it, and
// redirects others.
type forge struct {
	*httptest.Server
	moved  atomic.Pointer[map[string]string] // name to name
	status atomic.Int64                      // of a redirect
}

func newForge(t *testing.T, repo *testpipe.Repo) *forge {
	t.Helper()
	out, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		t.Fatal(err)
	}
	f := &forge{}
	f.moved.Store(&map[string]string{})
	f.status.Store(http.StatusMovedPermanently)
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rest, _ := strings.CutPrefix(r.URL.Path, "/team/")
		name, path, _ := strings.Cut(rest, "/")
		name = strings.TrimSuffix(name, ".git")
		if to, moved := (*f.moved.Load())[name]; moved {
			http.Redirect(w, r, "/team/"+to+"/"+path+"?"+r.URL.RawQuery, int(f.status.Load()))
			return
		}
		backend := &cgi.Handler{
			Path: strings.TrimSpace(string(out)) + "/git-http-backend", Root: "/team/" + strings.SplitN(rest, "/", 2)[0],
			Env: []string{"GIT_PROJECT_ROOT=" + repo.Dir, "GIT_HTTP_EXPORT_ALL=1"},
		}
		backend.ServeHTTP(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

func submitURL(t *testing.T, p *testpipe.Pipe, url string) error {
	t.Helper()
	err := p.Deliver(t, testpipe.Submission(t, events.DefaultTenant, events.RepoSubmitted{URL: url}))[0]
	p.Settle(t)
	return err
}

// A rename at the host is learnt from its redirect: one row, one index, whichever name
// is submitted, and nothing is embedded twice.
func TestARenameIsLearntFromARedirect(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{Hosts: []string{"127.0.0.1:*"}})
	repo := testpipe.NewRepo(t)
	repo.Commit(t, testpipe.Text("a.go", "package a\n\nfunc A() {}\n"))
	f := newForge(t, repo)
	state := func() string {
		return strings.Join(p.Rows(t, "select r.url, count(distinct t.id) from repositories r left join tracks t on t.repository = r.id and t.forgotten_at is null where r.forgotten_at is null group by r.url order by 1"), "; ")
	}
	submit := func(name string) {
		t.Helper()
		if err := submitURL(t, p, f.URL+"/team/"+name); err != nil {
			t.Fatal(err)
		}
	}
	submit("old")
	submit("old.git")
	if n := p.One(t, "select count(*) from repositories"); n != "1" {
		t.Fatalf("%s rows: %s", n, state())
	}
	vectors := p.One(t, "select count(*) from vectors")

	// A temporary redirect says nothing about names.
	f.moved.Store(&map[string]string{"old": "new"})
	f.status.Store(http.StatusFound)
	submit("old")
	if n := p.One(t, "select count(*) from repositories where url like '%/old'"); n != "1" {
		t.Errorf("after a passing redirect: %s", state())
	}
	f.status.Store(http.StatusMovedPermanently)
	commit := repo.Commit(t, testpipe.Text("a.go", "package a\n\nfunc A() {}\n", "b.go", "package a\n\nfunc A() {}\n"))
	submit("old")
	if n := p.One(t, "select count(*) from repositories where url like '%/new'"); n != "1" || p.One(t, "select count(*) from repositories") != "1" {
		t.Errorf("after a redirect for good: %s", state())
	}
	submit("new")
	submit("old")
	if n := p.One(t, "select count(*) from repositories"); n != "1" {
		t.Errorf("after submissions by both names: %s", state())
	}
	if now := p.One(t, "select encode(commit, 'hex') from snapshots where state = 'indexed'"); now != commit {
		t.Errorf("indexed is %s, want %s", now, commit)
	}
	if now := p.One(t, "select count(*) from vectors"); now != vectors {
		t.Errorf("%s vectors, want the %s from before the rename", now, vectors)
	}

	// Somebody else has the old name now.
	f.moved.Store(&map[string]string{})
	submit("old")
	if n := p.One(t, "select count(*) from repositories"); n != "2" {
		t.Errorf("after the old name went to another repository: %s", state())
	}
	if _, broken := p.Verify(t); len(broken) > 0 {
		t.Errorf("the stores differ: %q", broken)
	}
}

// Both names were submitted before the host told that they are one repository.
func TestTwoRowsBecomeOne(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{Hosts: []string{"127.0.0.1:*"}})
	repo := testpipe.NewRepo(t)
	repo.Commit(t, testpipe.Text("a.go", "package a\n\nfunc A() {}\n"))
	f := newForge(t, repo)
	for _, name := range []string{"old", "new"} {
		if err := submitURL(t, p, f.URL+"/team/"+name); err != nil {
			t.Fatal(err)
		}
	}
	vectors := p.One(t, "select count(*) from vectors")
	f.moved.Store(&map[string]string{"old": "new"})
	if err := submitURL(t, p, f.URL+"/team/old"); err != nil {
		t.Fatal(err)
	}
	for range 6 { // the syncer publishes what is owed, and forgets what has an heir
		p.MustDeliver(t, p.Look(t)...)
		p.Settle(t)
		if err := p.Sync.Forget(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if rows := p.Rows(t, "select url from repositories"); len(rows) != 1 || !strings.HasSuffix(rows[0], "/new") {
		t.Errorf("the rows are %q", rows)
	}
	if now := p.One(t, "select count(*) from vectors"); now != vectors {
		t.Errorf("%s vectors, want %s", now, vectors)
	}
	if n := len(p.AllPoints(t)); n == 0 || n > 2 {
		t.Errorf("%d points", n)
	}
	if n := p.One(t, "select count(*) from submissions where state = 'pending'"); n != "0" {
		t.Errorf("%s submissions are pending", n)
	}
}

// A redirect to another host is followed, but the new name is not learnt: the owner of
// the other host has not said that the repository is theirs.
func TestAnotherHostIsNotLearnt(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{Hosts: []string{"127.0.0.1:*"}})
	repo := testpipe.NewRepo(t)
	repo.Commit(t, testpipe.Text("a.go", "package a\n"))
	f := newForge(t, repo)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, f.URL+r.URL.RequestURI(), http.StatusPermanentRedirect)
	}))
	t.Cleanup(other.Close)
	if err := submitURL(t, p, other.URL+"/team/new"); err != nil {
		t.Fatal(err)
	}
	if got := p.One(t, "select url from repositories"); got != other.URL+"/team/new" {
		t.Errorf("the row is %s", got)
	}
}
