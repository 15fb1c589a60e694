package ingest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/lang"
)

// numbered makes a tree of n files below a directory.
func numbered(dir string, n int) testpipe.Tree {
	tree := make(testpipe.Tree)
	for i := range n {
		tree[fmt.Sprintf("%s/file%03d.txt", dir, i)] = testpipe.File{Content: fmt.Sprintf("file %d of %s\n", i, dir)}
	}
	return tree
}

// with adds files to a tree.
func with(tree testpipe.Tree, pairs ...string) testpipe.Tree {
	for path, f := range testpipe.Text(pairs...) {
		tree[path] = f
	}
	return tree
}

// status is the one row of the default tenant.
func status(t *testing.T, p *testpipe.Pipe) catalog.TrackStatus {
	t.Helper()
	tracks, err := p.Catalog.Tracks(t.Context(), events.DefaultTenant)
	if err != nil || len(tracks) != 1 {
		t.Fatalf("%d tracks, %v; want one", len(tracks), err)
	}
	return tracks[0]
}

// approve approves the commit that waits, and lets the syncer act on it.
func approve(t *testing.T, p *testpipe.Pipe) {
	t.Helper()
	waiting, err := p.Catalog.Approvals.List(t.Context(), events.DefaultTenant)
	if err != nil || len(waiting) != 1 {
		t.Fatalf("%d wait, %v; want one", len(waiting), err)
	}
	key := catalog.SubmissionKey{Tenant: events.DefaultTenant, Source: "/test", Event: "approval of " + waiting[0].Commit}
	if err := p.Catalog.Approvals.Approve(t.Context(), waiting[0], key); err != nil {
		t.Fatal(err)
	}
	if err := p.Sync.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.Settle(t)
}

func TestAWrongRefDoesNotEmptyAnIndex(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := testpipe.NewRepo(t)
	good := repo.Commit(t, with(numbered("src", 150), "README.md", "# Read me\n"))
	submit(t, p, repo, "")
	before := p.Digest(t)

	wrong := repo.Commit(t, testpipe.Text("README.md", "# Wrong\n"))
	for range 2 { // whoever submits it, and as often as they like
		submit(t, p, repo, "")
		if now := p.Digest(t); now != before {
			t.Fatalf("the index changed: %+v, was %+v", now, before)
		}
		s := status(t, p)
		if s.Commit != good || !strings.HasPrefix(s.Error, "waiting for approval: would remove 150 of 151 documents of refs/heads/main") {
			t.Errorf("status: commit %s, error %q", s.Commit, s.Error)
		}
	}
	if failed := p.One(t, "select count(*) from submissions where state = 'failed' and error like 'waiting for approval: %'"); failed != "2" {
		t.Errorf("%s submissions say that they wait, want 2", failed)
	}
	if letters := p.One(t, "select count(*) from dead_letters"); letters != "0" {
		t.Errorf("%s dead letters: a commit that waits is none", letters)
	}

	approve(t, p)
	s := status(t, p)
	if s.Commit != wrong || s.Error != "" || s.Documents.Total != 1 {
		t.Errorf("approved, and the status is %+v", s)
	}
	if got, want := p.Digest(t).Digest, fresh(t, lang.Config{}, submission{repo, ""}); got != want {
		t.Errorf("digest %s, of a fresh index %s", got, want)
	}
}

func TestAnApprovalIsOfOneCommit(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := testpipe.NewRepo(t)
	good := repo.Commit(t, with(numbered("src", 150), "README.md", "# Read me\n"))
	submit(t, p, repo, "")

	wrong := repo.Commit(t, testpipe.Text("README.md", "# Wrong\n"))
	submit(t, p, repo, "")
	worse := repo.Commit(t, testpipe.Text("README.md", "# Worse\n")) // while somebody approves of the other
	approve(t, p)
	if s := status(t, p); s.Commit != good || s.Waiting == nil || s.Waiting.Commit != worse || s.Waiting.Approved {
		t.Errorf("a newer commit was let through by an older one's approval: %+v", s)
	}
	late := catalog.SubmissionKey{Tenant: events.DefaultTenant, Source: "/test", Event: "late"}
	if err := p.Catalog.Approvals.Approve(t.Context(), catalog.Approval{Track: status(t, p).ID, Commit: wrong}, late); err == nil || status(t, p).Waiting.Approved {
		t.Errorf("the newer commit was approved of by the name of the older one: %v", err)
	}
	repo.Git(t, nil, "-C", repo.Dir, "update-ref", "refs/heads/main", good)
	submit(t, p, repo, "")
	if s := status(t, p); s.Commit != good || s.Waiting != nil || s.Error != "" {
		t.Errorf("the ref is right again, and the status is %+v", s)
	}
	if err := p.Catalog.Approvals.Approve(t.Context(), catalog.Approval{Track: status(t, p).ID, Commit: worse}, catalog.SubmissionKey{}); err == nil {
		t.Error("what no longer waits was approved")
	}
}

// The table says which deletions are judged, and which are not.
func TestMassDeletionsAreJudged(t *testing.T) {
	for _, test := range []struct {
		name   string
		after  testpipe.Tree
		filter lang.Config
		waits  bool
	}{
		{name: "half and no more", after: numbered("src", 125)},
		{name: "more than half", after: numbered("src", 124), waits: true},
		{name: "all renamed", after: numbered("lib", 250), waits: true},
		{name: "the commit's own ignore file", after: with(numbered("src", 250), ".leatignore", "src/\n"), waits: true},
		{name: "the commit's own attributes", after: with(numbered("src", 250), ".gitattributes", "src/** linguist-vendored\n"), waits: true},
		{name: "the operator's filter", after: numbered("src", 250), filter: lang.Config{Exclude: []string{"src/**"}}},
		{name: "the operator's filter and another tree", after: numbered("lib", 250), filter: lang.Config{Exclude: []string{"docs/**"}}, waits: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := testpipe.Open(t, testpipe.Config{})
			repo := testpipe.NewRepo(t)
			repo.Commit(t, numbered("src", 250))
			submit(t, p, repo, "")
			before := p.Digest(t)
			commit := repo.Commit(t, test.after)
			p = testpipe.Join(t, testpipe.Config{Filter: test.filter}, p.Addresses)
			submit(t, p, repo, "")
			s := status(t, p)
			if waits := s.Waiting != nil; waits != test.waits || waits == (s.Commit == commit) {
				t.Fatalf("waits: %v, want %v; status %+v", waits, test.waits, s)
			}
			if test.waits && p.Digest(t) != before {
				t.Error("the index changed")
			}
		})
	}
}

// TestACommitThatOnlyMovesFilesIsLetThrough moves the files of an index. Nothing is
// lost, so nobody has to approve the commit.
func TestACommitThatOnlyMovesFilesIsLetThrough(t *testing.T) {
	moved := func(from testpipe.Tree, change func(string) string) testpipe.Tree {
		tree := make(testpipe.Tree)
		for path, f := range from {
			tree[change(path)] = f
		}
		return tree
	}
	base := numbered("src", 150)
	for name, change := range map[string]func(string) string{
		"a directory deeper":    func(p string) string { return "packages/core/" + strings.TrimPrefix(p, "src/") },
		"all files to the root": func(p string) string { return strings.TrimPrefix(p, "src/") },
		"other names":           func(p string) string { return strings.TrimSuffix(p, ".txt") + ".md" },
	} {
		t.Run(name, func(t *testing.T) {
			p := testpipe.Open(t, testpipe.Config{})
			repo := testpipe.NewRepo(t)
			repo.Commit(t, base)
			submit(t, p, repo, "")
			head := repo.Commit(t, moved(base, change))
			submit(t, p, repo, "")
			if s := status(t, p); s.Commit != head || s.Error != "" {
				t.Errorf("commit %s, error %q; want %s", s.Commit, s.Error, head)
			}
		})
	}
	t.Run("most files vanish", func(t *testing.T) {
		p := testpipe.Open(t, testpipe.Config{})
		repo := testpipe.NewRepo(t)
		repo.Commit(t, base)
		submit(t, p, repo, "")
		few := moved(numbered("src", 20), func(p string) string { return "core/" + p })
		repo.Commit(t, few)
		submit(t, p, repo, "")
		if s := status(t, p); !strings.HasPrefix(s.Error, "waiting for approval: would remove 130 of 150 documents") {
			t.Errorf("error %q", s.Error)
		}
	})
}
