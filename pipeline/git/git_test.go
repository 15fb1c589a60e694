package git

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/testenv/leak"
	"github.com/leatworks/leat/pipeline/git/reach"
)

func TestMain(m *testing.M) {
	reach.Main()
	if os.Getenv("LEAT_TEST_FETCH") != "" {
		os.Exit(fetchAsHelper())
	}
	leak.VerifyTestMain(m)
}

// source is a repository built with git's plumbing, as a remote to fetch from.
type source struct {
	t   testing.TB
	dir string
}

func newSource(t testing.TB, initArgs ...string) *source {
	t.Helper()
	s := &source{t, filepath.Join(t.TempDir(), "source.git")}
	s.git(nil, append(append([]string{"init", "--quiet", "--bare", "--initial-branch=main"}, initArgs...), s.dir)...)
	return s
}

func (s *source) git(stdin io.Reader, args ...string) string {
	s.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = filepath.Dir(s.dir)
	cmd.Env = append(os.Environ(), "GIT_DIR="+s.dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_AUTHOR_DATE=1700000000 +0000",
		"GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com", "GIT_COMMITTER_DATE=1700000000 +0000")
	cmd.Stdin = stdin
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("git %v: %v: %s", args, err, stderr.String())
	}
	return strings.TrimSpace(string(out))
}

func (s *source) blob(content string) string {
	return s.git(strings.NewReader(content), "hash-object", "-w", "--stdin")
}

// item is one path of a commit to make.
type item struct{ mode, path, content string }

func text(path, content string) item { return item{"100644", path, content} }

// commit makes a commit of exactly these paths on a branch, with the branch's
// old tip as its parent, and returns its id. A submodule's content is an id.
func (s *source) commit(branch string, items ...item) string {
	s.t.Helper()
	return s.commitOn(branch, s.git(nil, "for-each-ref", "--format=%(objectname)", "refs/heads/"+branch), items...)
}

func (s *source) commitOn(branch, parent string, items ...item) string {
	s.t.Helper()
	var index bytes.Buffer
	for _, item := range items {
		oid := item.content
		if item.mode != "160000" {
			oid = s.blob(item.content)
		}
		fmt.Fprintf(&index, "%s %s 0\t%s\x00", item.mode, oid, item.path)
	}
	s.git(nil, "read-tree", "--empty")
	s.git(&index, "update-index", "-z", "--index-info")
	args := []string{"commit-tree", "-m", "commit", s.git(nil, "write-tree")}
	if parent != "" {
		args = append(args, "-p", parent)
	}
	oid := s.git(nil, args...)
	s.git(nil, "update-ref", "refs/heads/"+branch, oid)
	return oid
}

// everywhere allows the servers of tests on the loopback address.
var everywhere = []string{"*:*", "0.0.0.0/0:*", "[::/0]:*"}

func newMirrors(t testing.TB, change ...func(*Config)) *Mirrors {
	t.Helper()
	cfg := Config{Dir: filepath.Join(t.TempDir(), "mirrors"), AllowLocal: true, AllowHosts: everywhere}
	for _, f := range change {
		f(&cfg)
	}
	m, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (s *source) remote(m *Mirrors) Remote { return mustParse(s.t, m, s.dir) }

func mustParse(t testing.TB, m *Mirrors, url string) Remote {
	t.Helper()
	remote, err := m.Parse(url)
	if err != nil {
		t.Fatal(err)
	}
	return remote
}

func mustFetch(t testing.TB, m *Mirrors, id string, remote Remote, ref string) Head {
	t.Helper()
	head, err := m.Fetch(context.Background(), id, remote, ref)
	if err != nil {
		t.Fatal(err)
	}
	return head
}

func wantHead(t testing.TB, got Head, ref, commit string) {
	t.Helper()
	got.Moved = "" // has tests of its own
	if want := (Head{Ref: ref, Commit: commit}); got != want {
		t.Fatalf("head %v, want %v", got, want)
	}
}

// list renders a tree, one "kind path" an entry.
func list(t testing.TB, repo *Repo, commit string) []string {
	t.Helper()
	var lines []string
	for entry, err := range repo.Tree(t.Context(), commit) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("%s %s", entry.Kind, entry.Path))
	}
	return lines
}
