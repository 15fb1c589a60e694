package testpipe

import (
	"bytes"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/gitrun"
)

// Repo is a bare repository on disk. git fast-import writes it, so a path may hold any bytes, and
// nothing is checked out.
type Repo struct {
	Dir string
	n   int // commits made, each a second after the one before
}

// File is an entry of a tree.
type File struct {
	Mode    string // git's; default 100644
	Content string // for a submodule (160000), its commit in hex
}

// Tree is the content of a commit, by path.
type Tree map[string]File

// Text makes a tree of plain files from pairs of path and content.
func Text(pairs ...string) Tree {
	tree := make(Tree)
	for i := 0; i < len(pairs); i += 2 {
		tree[pairs[i]] = File{Content: pairs[i+1]}
	}
	return tree
}

// NewRepo makes an empty repository.
func NewRepo(t testing.TB) *Repo {
	t.Helper()
	r := &Repo{Dir: filepath.Join(t.TempDir(), "repo.git")}
	r.Git(t, nil, "init", "--quiet", "--bare", "--initial-branch=main", r.Dir)
	return r
}

// Commit makes tree the content of main, with no parent, and returns the
// commit.
func (r *Repo) Commit(t testing.TB, tree Tree) string { return r.CommitTo(t, "refs/heads/main", tree) }

// CommitTo makes tree the content of ref. Commits have no parent: leat compares
// trees, and treats a push that rewrites history like any other.
func (r *Repo) CommitTo(t testing.TB, ref string, tree Tree) string {
	t.Helper()
	r.n++
	var in bytes.Buffer
	fmt.Fprintf(&in, "reset %s\n\ncommit %s\ncommitter leat <leat@example.org> %d +0000\ndata 0\n", ref, ref, 1700000000+r.n)
	for _, path := range slices.Sorted(maps.Keys(tree)) {
		f := tree[path]
		switch f.Mode {
		case "160000":
			fmt.Fprintf(&in, "M 160000 %s %s\n", f.Content, gitrun.Quote(path))
			continue
		case "":
			f.Mode = "100644"
		}
		fmt.Fprintf(&in, "M %s inline %s\ndata %d\n%s\n", f.Mode, gitrun.Quote(path), len(f.Content), f.Content)
	}
	r.Git(t, in.Bytes(), "-C", r.Dir, "fast-import", "--quiet", "--force")
	return strings.TrimSpace(string(r.Git(t, nil, "-C", r.Dir, "rev-parse", ref)))
}

// Files returns the number of entries of a commit's tree.
func (r *Repo) Files(t testing.TB, commit string) int64 {
	t.Helper()
	return int64(bytes.Count(r.Git(t, nil, "-C", r.Dir, "ls-tree", "-r", "-z", commit), []byte{0}))
}

// Show returns the content of a path.
func (r *Repo) Show(t testing.TB, commit, path string) string {
	t.Helper()
	return string(r.Git(t, nil, "-C", r.Dir, "cat-file", "blob", commit+":"+path))
}

// Git runs git isolated from the user's configuration.
func (r *Repo) Git(t testing.TB, stdin []byte, args ...string) []byte {
	t.Helper()
	out, err := gitrun.Run(t.Context(), bytes.NewReader(stdin), args...)
	must(t, err)
	return out
}

// IngestTree submits a new repository with one commit of a tree.
func (p *Pipe) IngestTree(t testing.TB, tree Tree) *Repo {
	t.Helper()
	repo := NewRepo(t)
	repo.Commit(t, tree)
	p.Submit(t, repo)
	return repo
}
