package ingest_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/lang"
)

// counter counts the texts that are embedded.
type counter struct {
	embedder.Embedder
	texts atomic.Int64
}

func newCounter() *counter { return &counter{Embedder: embedder.Local{}} }

func (c *counter) Embed(ctx context.Context, texts []string, purpose embedder.Purpose) ([][]float32, error) {
	c.texts.Add(int64(len(texts)))
	return c.Embedder.Embed(ctx, texts, purpose)
}

// submit hands a repository at a ref to the ingestor, and the events that follow to
// the other steps.
func submit(t *testing.T, p *testpipe.Pipe, r *testpipe.Repo, ref string) {
	t.Helper()
	if err := p.Ingest.Handle(t.Context(), testpipe.Submission(t, events.DefaultTenant, events.RepoSubmitted{URL: r.Dir, Ref: ref})); err != nil {
		t.Fatalf("submit %s: %v", ref, err)
	}
	p.Settle(t)
}

// fresh returns the digest of a new index of the repositories' present content.
func fresh(t *testing.T, filter lang.Config, submissions ...submission) string {
	t.Helper()
	p := testpipe.Open(t, testpipe.Config{Filter: filter})
	for _, s := range submissions {
		submit(t, p, s.repo, s.ref)
	}
	return p.Digest(t).Digest
}

type submission struct {
	repo *testpipe.Repo
	ref  string
}

// source makes a Go file with a function for each name, large enough to be a
// chunk of its own.
func source(names ...string) string {
	var b strings.Builder
	b.WriteString("package a\n")
	for _, name := range names {
		fmt.Fprintf(&b, "\nfunc %s() {\n%s}\n", name, strings.Repeat(fmt.Sprintf("\tprintln(%q)\n", name+" says what it is called"), 10))
	}
	return b.String()
}

// Whatever a repository has been through, the index is that of its last commit,
// and no text is embedded that was embedded before.
func TestAnyChangeEndsAsAFreshIndex(t *testing.T) {
	one := testpipe.Text("a.go", source("One"), "lib/b.go", source("Two"), "c.go", source("Three"))
	other := testpipe.Text("x.go", source("Four"), "y/z.go", source("Five"))
	for _, test := range []struct {
		name   string
		before testpipe.Tree
		change func(*testing.T, *testpipe.Pipe, *testpipe.Repo) []submission // default: submit what change made of main
		filter lang.Config                                                   // after the change
		texts  int64                                                         // embedded because of the change
		packs  string                                                        // new ones of text; default: not looked at
	}{
		{name: "rename, copy, mode and both types", before: one, packs: "0", change: push(testpipe.Tree{
			"moved/a.go": {Content: source("One")}, "copy.go": {Mode: "100755", Content: source("One")},
			"lib": {Mode: "120000", Content: "moved"}, "c.go/c.go": {Content: source("Three")},
		})},
		{name: "directory to file and symlink to file", packs: "0",
			before: testpipe.Tree{"a": {Mode: "120000", Content: "b"}, "b/b.go": {Content: source("One")}},
			change: push(testpipe.Text("a", "", "b", "", "b.go", source("One")))},
		{name: "around a function that stays", before: one, texts: 1, packs: "1",
			change: push(testpipe.Text("a.go", source("Zero", "One"), "lib/b.go", source("Two"), "c.go", source("Three")))},
		{name: "functions change places", before: testpipe.Text("a.go", source("One", "Two"), "b.go", source("Three", "Four")), packs: "1",
			change: push(testpipe.Text("a.go", source("One", "Four"), "b.go", source("Three", "Two")))},
		{name: "force-push to an unrelated history", before: one, change: push(other), texts: 2},
		{name: "reset to an older commit", before: one, packs: "1", texts: 2,
			change: func(t *testing.T, p *testpipe.Pipe, r *testpipe.Repo) []submission {
				old := strings.TrimSpace(string(r.Git(t, nil, "-C", r.Dir, "rev-parse", "main")))
				r.Commit(t, other)
				submit(t, p, r, "")
				r.Git(t, nil, "-C", r.Dir, "update-ref", "refs/heads/main", old)
				submit(t, p, r, "")
				return []submission{{r, ""}}
			}},
		{name: "two refs of one repository", before: one, packs: "0",
			change: func(t *testing.T, p *testpipe.Pipe, r *testpipe.Repo) []submission {
				r.Git(t, nil, "-C", r.Dir, "update-ref", "refs/tags/v1", "main")
				submit(t, p, r, "v1")
				return []submission{{r, ""}, {r, "v1"}}
			}},
		{name: "a fork", before: one, packs: "0",
			change: func(t *testing.T, p *testpipe.Pipe, r *testpipe.Repo) []submission {
				fork := testpipe.NewRepo(t)
				fork.Commit(t, one)
				submit(t, p, fork, "")
				return []submission{{r, ""}, {fork, ""}}
			}},
		{name: "the filter leaves out and takes in", before: testpipe.Text("a.go", source("One"), "vendor/v/b.go", source("Two")),
			filter: lang.Config{Exclude: []string{"a.go"}, Vendored: true}, texts: 1, packs: "1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			texts := newCounter()
			p := testpipe.Open(t, testpipe.Config{Embedder: texts})
			repo := testpipe.NewRepo(t)
			repo.Commit(t, test.before)
			submit(t, p, repo, "")
			before := texts.texts.Load()
			if before == 0 {
				t.Fatal("nothing was embedded to begin with: the count is worth nothing")
			}
			const textPacks = "select count(*) from packs where kind = 'text'"
			packs := p.One(t, textPacks)

			if test.change == nil {
				test.change = func(t *testing.T, _ *testpipe.Pipe, r *testpipe.Repo) []submission { return []submission{{r, ""}} }
				p = testpipe.Join(t, testpipe.Config{Embedder: texts, Filter: test.filter}, p.Addresses)
				submit(t, p, repo, "")
			}
			all := test.change(t, p, repo)

			if got := texts.texts.Load() - before; got != test.texts {
				t.Errorf("%d texts embedded, want %d", got, test.texts)
			}
			if got := p.One(t, "select count(*) - $1 from packs where kind = 'text'", packs); test.packs != "" && got != test.packs {
				t.Errorf("%s packs of text written, want %s", got, test.packs)
			}
			if got, want := p.Digest(t).Digest, fresh(t, test.filter, all...); got != want {
				t.Errorf("digest %s, of a fresh index %s", got, want)
			}
			if report, found := p.Verify(t); !report.OK || report.Documents == 0 {
				t.Errorf("verify: %+v: %v", report, found)
			}
		})
	}
}

// push makes a tree the content of main, and submits it.
func push(tree testpipe.Tree) func(*testing.T, *testpipe.Pipe, *testpipe.Repo) []submission {
	return func(t *testing.T, p *testpipe.Pipe, r *testpipe.Repo) []submission {
		r.Commit(t, tree)
		submit(t, p, r, "")
		return []submission{{r, ""}}
	}
}
