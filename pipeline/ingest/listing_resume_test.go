package ingest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/catalog"
)

var backoff = catalog.Backoff{First: time.Second, Most: time.Second}

// random is text that does not compress.
func random(n int) string {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	source := rand.New(rand.NewPCG(7, 11))
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[source.IntN(len(letters))]
	}
	return string(b)
}

// many is a tree that takes several batches.
func many(n int) testpipe.Tree {
	tree := make(testpipe.Tree, n)
	for i := range n {
		tree[fmt.Sprintf("dir%d/file%04d.txt", i%7, i)] = testpipe.File{Content: fmt.Sprintf("this is file %d\n", i)}
	}
	return tree
}

// contents returns the catalog's rows of each path, without the columns that tell how
// they came about.
func contents(t *testing.T, p *testpipe.Pipe) []string {
	t.Helper()
	rows := p.Rows(t, `select d.path, d.mode, encode(d.oid, 'hex'), encode(k.blob, 'hex'), k.language, k.chunks, d.skip_reason
		from documents d left join chunkings k on k.id = d.chunking where d.state <> 'removed'`)
	slices.Sort(rows)
	return rows
}

// interrupt begins to ingest, and stops in the middle of the listing, as soon as the
// first document has been published.
func interrupt(t *testing.T, p *testpipe.Pipe, repo *testpipe.Repo) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- p.Ingest.Handle(ctx, testpipe.Submission(t, events.DefaultTenant, events.RepoSubmitted{URL: repo.Dir}))
	}()
	p.Events.Await(t, events.TypeDocumentChunked)
	cancel()
	if err := <-ended; err == nil {
		t.Fatal("the ingest was over before it could be cut short; give it more files")
	}
	if listing := p.One(t, "select count(*) from snapshots where state = 'listing'"); listing != "1" {
		t.Fatalf("%s listings are under way", listing)
	}
}

func TestAListingCutShortIsResumed(t *testing.T) {
	p, clean := testpipe.Open(t, testpipe.Config{}), testpipe.Open(t, testpipe.Config{})
	repo := testpipe.NewRepo(t)
	repo.Commit(t, many(700))
	clean.Submit(t, repo)

	interrupt(t, p, repo)
	p.Submit(t, repo)
	if got, want := contents(t, p), contents(t, clean); !slices.Equal(got, want) {
		t.Errorf("after a resumed listing the catalog holds %d files, after a clean one %d", len(got), len(want))
	}
	if n := p.One(t, "select max(revision), count(*) from snapshots"); n != "1 1" {
		t.Errorf("revision and snapshots: %s", n)
	}
}

// The next commit comes after a listing was cut short. It must not keep files that
// only the interrupted commit held, nor rely on what that listing looked at.
func TestAListingCutShortIsGivenUpForANewerCommit(t *testing.T) {
	p, clean := testpipe.Open(t, testpipe.Config{}), testpipe.Open(t, testpipe.Config{})
	repo := testpipe.NewRepo(t)
	repo.Commit(t, testpipe.Text("dir0/file0000.txt", "the first\n", "old.txt", "old\n"))
	p.Submit(t, repo)
	p.Settle(t)

	tree := many(700)
	tree[".gitattributes"] = testpipe.File{Content: "*.txt binary\nfile0*.txt -binary text diff\n"}
	repo.Commit(t, tree)
	interrupt(t, p, repo)

	repo.Commit(t, testpipe.Text("dir0/file0000.txt", "this is file 0\n", "dir1/file0500.txt", "new\n", "old.txt", "old\n"))
	p.Submit(t, repo)
	p.Settle(t)
	clean.Submit(t, repo)
	clean.Settle(t)
	if got, want := contents(t, p), contents(t, clean); !slices.Equal(got, want) {
		t.Errorf("the catalog holds\n%q\nafter a clean run\n%q", got, want)
	}
	if got, want := p.Digest(t), clean.Digest(t); got.Points != want.Points {
		t.Errorf("%d points, after a clean run %d", got.Points, want.Points)
	}
	report, found := p.Verify(t)
	// Objects that were stored and not yet in the catalog when the listing was cut short are left
	// to the collection of garbage.
	report.OrphanObjects = 0
	if report.MissingPoints+report.StalePoints+report.OrphanPoints+report.MissingObjects+report.CorruptObjects > 0 {
		t.Errorf("verify: %+v: %v", report, found)
	}
}

// A catalog that has come apart from its snapshot's tree, for whatever reason,
// is mended by the next commit.
func TestACatalogThatDoesNotAddUpIsListedAnew(t *testing.T) {
	for name, damage := range map[string]string{
		"a document too many": `insert into documents (id, track, path, oid, mode, revision, lane, state, skip_reason)
			select gen_random_uuid(), track, 'ghost', oid, mode, revision, lane, 'skipped', 'binary' from documents limit 1`,
		"a document too few": "delete from documents where path = 'b.txt'",
	} {
		t.Run(name, func(t *testing.T) {
			p := testpipe.Open(t, testpipe.Config{})
			repo := testpipe.NewRepo(t)
			repo.Commit(t, testpipe.Text("a.txt", "a\n", "b.txt", "b\n"))
			p.Submit(t, repo)
			p.Settle(t)
			p.Rows(t, damage)
			repo.Commit(t, testpipe.Text("a.txt", "A\n", "b.txt", "b\n"))
			p.Submit(t, repo)
			p.Settle(t)
			if got, want := states(t, p), []string{"indexed a.txt", "indexed b.txt"}; !slices.Equal(got, want) {
				t.Errorf("documents: %q, want %q", got, want)
			}
			if !strings.Contains(p.Logs.String(), "listing the whole tree") {
				t.Error("nothing of it is in the log")
			}
		})
	}
}

func TestALostMirrorChangesNothing(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := testpipe.NewRepo(t)
	tree := testpipe.Text("a.txt", "a\n", "b.txt", "b\n", "c.txt", "c\n")
	repo.Commit(t, tree)
	p.Submit(t, repo)
	p.Settle(t)
	q := testpipe.Join(t, testpipe.Config{}, p.Addresses) // with mirrors of its own
	delete(tree, "b.txt")
	tree["c.txt"] = testpipe.File{Content: "C\n"}
	repo.Commit(t, tree)
	q.Submit(t, repo)
	heard := testpipe.Count(q.Events.Drain(t))
	if heard[events.TypeDocumentChunked] != 1 || heard[events.TypeDocumentRemoved] != 2 {
		t.Errorf("events: %v", heard)
	}
}
