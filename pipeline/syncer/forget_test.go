package syncer_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
)

// submitted hands the ingestor a repository at a ref, and returns the event.
func submitted(t *testing.T, p *testpipe.Pipe, r *testpipe.Repo, ref string) pipeline.Message {
	t.Helper()
	m := testpipe.Submission(t, events.DefaultTenant, events.RepoSubmitted{URL: r.Dir, Ref: ref})
	if err := p.Ingest.Handle(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	return m
}

// forget marks a repository, or some of its refs.
func forget(t *testing.T, p *testpipe.Pipe, r *testpipe.Repo, refs ...string) {
	t.Helper()
	if _, err := p.Catalog.Removals.Forget(t.Context(), events.RepositoryID(events.DefaultTenant, r.Dir), refs...); err != nil {
		t.Fatal(err)
	}
}

// tend lets the syncer finish what is being forgotten.
func tend(t *testing.T, p *testpipe.Pipe) {
	t.Helper()
	for range 4 { // mark, remove, drop the track, drop the repository
		if err := p.Sync.Forget(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.Settle(t)
	}
}

// nothingLeft fails the test if the catalog still holds anything of a repository.
func nothingLeft(t *testing.T, p *testpipe.Pipe) {
	t.Helper()
	for _, table := range []string{"repositories", "tracks", "snapshots", "documents", "dead_letters", "approvals", "graphs", "graph_files", "graph_symbols", "graph_exact", "graph_indexes", "graph_index_files"} {
		if n := p.One(t, "select count(*) from "+table); n != "0" {
			t.Errorf("%s rows in %s", n, table)
		}
	}
	if n := p.One(t, "select count(*) from submissions where repository is not null or ref <> '' or forgotten_at is null"); n != "0" {
		t.Errorf("%s submissions tell of the repository", n)
	}
	if d := p.Digest(t); d.Points != 0 {
		t.Errorf("%d points", d.Points)
	}
	if report, found := p.Verify(t); !report.OK {
		t.Errorf("verify: %+v: %v", report, found)
	}
}

// numbered makes a tree of n files.
func numbered(n int) testpipe.Tree {
	tree := make(testpipe.Tree)
	for i := range n {
		tree[fmt.Sprintf("file%03d.txt", i)] = testpipe.File{Content: fmt.Sprintf("the text of file %d\n", i)}
	}
	return tree
}

func TestARepositoryIsForgotten(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo, other := testpipe.NewRepo(t), testpipe.NewRepo(t)
	repo.Commit(t, numbered(20))
	other.Commit(t, testpipe.Text("o.txt", "other\n"))
	submitted(t, p, other, "")
	p.Settle(t)
	before := p.Digest(t)
	event := submitted(t, p, repo, "")
	repo.Git(t, nil, "-C", repo.Dir, "update-ref", "refs/tags/v1", "main")
	submitted(t, p, repo, "v1")
	heard := p.Settle(t)

	for range 2 { // idempotent
		forget(t, p, repo)
	}
	if n := p.One(t, "select count(*) from snapshots s join tracks t on t.id = s.track where t.forgotten_at is not null and s.state <> 'superseded'"); n != "0" {
		t.Errorf("%s snapshots of what is being forgotten count as indexed", n)
	}
	tracks, err := p.Catalog.Tracks(t.Context(), events.DefaultTenant)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range tracks {
		if want := s.URL == repo.Dir; (s.State == "forgetting") != want {
			t.Errorf("%s %s is %s", s.URL, s.Ref, s.State)
		}
	}
	tend(t, p)
	if now := p.Digest(t); now != before {
		t.Errorf("the other repository's index changed: %+v, was %+v", now, before)
	}
	// Events from before come late and again. They bring back no point and no repository.
	for _, m := range append(heard, event) {
		m.Delivered, m.Again = 2, true
		for _, err := range p.Deliver(t, m) {
			if err != nil {
				t.Errorf("%s delivered late: %v", m.Type, err)
			}
		}
	}
	p.Settle(t)
	if now := p.Digest(t); now != before {
		t.Errorf("late events left points: %+v, was %+v", now, before)
	}
	if err := p.Ingest.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if mirrors, err := p.Mirrors.List(); err != nil || len(mirrors) != 1 {
		t.Errorf("mirrors %q, %v; want the other repository's", mirrors, err)
	}
	forget(t, p, other)
	tend(t, p)
	nothingLeft(t, p)
}

// A new submission indexes the repository anew, wherever it interrupts the forgetting.
func TestASubmissionCallsARepositoryBackAtAnyPoint(t *testing.T) {
	for _, test := range []struct {
		name string
		upTo func(*testing.T, *testpipe.Pipe)
	}{
		{"at once", func(*testing.T, *testpipe.Pipe) {}},
		{"documents removed, points there", func(t *testing.T, p *testpipe.Pipe) {
			if err := p.Sync.Forget(t.Context()); err != nil {
				t.Fatal(err)
			}
		}},
		{"points gone", func(t *testing.T, p *testpipe.Pipe) {
			if err := p.Sync.Forget(t.Context()); err != nil {
				t.Fatal(err)
			}
			p.Settle(t)
		}},
		{"all gone", tend},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			embedded := &testpipe.Counting{Embedder: embedder.Local{}}
			p := testpipe.Open(t, testpipe.Config{Embedder: embedded})
			repo := testpipe.NewRepo(t)
			repo.Commit(t, numbered(20))
			submitted(t, p, repo, "")
			repo.Git(t, nil, "-C", repo.Dir, "update-ref", "refs/tags/v1", "main")
			submitted(t, p, repo, "v1")
			p.Settle(t)
			forget(t, p, repo, "refs/tags/v1")
			tend(t, p)
			want, texts := p.Digest(t), embedded.Texts.Load()
			submitted(t, p, repo, "v1")
			p.Settle(t)

			forget(t, p, repo)
			test.upTo(t, p)
			submitted(t, p, repo, "")
			p.Settle(t)
			tend(t, p)
			if now := p.Digest(t); now != want || now.Points == 0 {
				t.Errorf("digest %+v, want %+v", now, want)
			}
			if rows := p.Rows(t, "select t.ref from tracks t"); len(rows) != 1 || rows[0] != "refs/heads/main" {
				t.Errorf("tracks %q, want the one submitted again", rows)
			}
			if n := embedded.Texts.Load(); n != texts {
				t.Errorf("%d texts were embedded again", n-texts)
			}
			if report, found := p.Verify(t); !report.OK {
				t.Errorf("verify: %+v: %v", report, found)
			}
			if n := p.One(t, "select count(*) from repositories where forgotten_at is not null"); n != "0" {
				t.Error("the repository is still being forgotten")
			}
		})
	}
}

// A worker reads a document before it is forgotten, and writes its points after it has
// come back.
func TestALateWriteOfAFormerLifeIsTakenBack(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := testpipe.NewRepo(t)
	for _, content := range []string{"one\n", "two\n", "three\n"} {
		repo.Commit(t, testpipe.Text("a.txt", content))
		submitted(t, p, repo, "")
		p.Settle(t)
	}
	before := p.One(t, "select max(revision) from snapshots")
	forget(t, p, repo)
	tend(t, p)
	submitted(t, p, repo, "")
	p.Settle(t)
	if n := p.One(t, "select count(*) from snapshots where revision <= $1", before); n != "0" {
		t.Errorf("a revision was handed out twice: late writes of the first could not be told from the second's")
	}
}

func TestAnEventThatIsDeliveredOnceMoreBringsNothingBack(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := testpipe.NewRepo(t)
	repo.Commit(t, numbered(5))
	m := submitted(t, p, repo, "")
	p.Settle(t)
	forget(t, p, repo)
	for range 2 { // while it is being forgotten, and after
		if err := p.Ingest.Handle(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if err := p.Ingest.Bury(t.Context(), m, "late"); err != nil {
			t.Fatal(err)
		}
		if n, err := p.Ingest.Delay(t.Context(), m, "late", catalog.Backoff{First: time.Second}); n != 0 || err != nil {
			t.Errorf("attempts %d, %v; want none", n, err)
		}
		tend(t, p)
		nothingLeft(t, p)
	}
}
