package syncer_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/syncer"
)

// content counts what the catalog holds of contents.
func content(t *testing.T, p *testpipe.Pipe) string {
	t.Helper()
	return p.One(t, `select concat_ws(' ', (select count(*) from chunkings), (select count(*) from blobs),
		(select count(*) from vectors), (select count(*) from chunks))`)
}

func TestCollectTakesWhatNothingRefersTo(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := ingest(t, p, sample(5, "a"))
	settle(t, p)
	fresh := content(t, p)
	if tally := mustUpkeep(t, p, syncer.KindGarbage); tally.Found != 0 || tally.Compared == 0 {
		t.Errorf("a fresh index has garbage: %+v", tally)
	}
	repo.Commit(t, sample(5, "b"))
	p.Submit(t, repo)
	settle(t, p)
	tally := mustUpkeep(t, p, syncer.KindGarbage)
	if got := content(t, p); got != fresh {
		t.Errorf("after another commit of the same size the catalog holds %s, want %s", got, fresh)
	}
	if tally.Repaired == 0 || tally.Repaired != tally.Found {
		t.Errorf("collect: %+v", tally)
	}
	swept(t, p)
	// The first content comes back, under keys that were deleted.
	repo.Commit(t, sample(5, "a"))
	p.Submit(t, repo)
	settle(t, p)
	mustUpkeep(t, p, syncer.KindGarbage)
	if got := content(t, p); got != fresh {
		t.Errorf("after the first commit's tree came back the catalog holds %s, want %s", got, fresh)
	}
	swept(t, p)
}

func TestCollectKeepsForItsGrace(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := ingest(t, p, sample(5, "a"))
	settle(t, p)
	repo.Commit(t, sample(1, "b"))
	p.Submit(t, repo)
	settle(t, p)
	cfg := everything
	cfg.Grace = time.Hour
	objects := syncer.NewObjects(cfg, p.Catalog, p.Blobs, p.Mirrors, p.Logs.Logger())
	schedule := syncer.Schedule{Catalog: p.Catalog, Log: p.Logs.Logger()}
	collect := syncer.Work{Kind: syncer.KindGarbage, Do: objects.Collect}
	before := content(t, p)
	if _, err := schedule.Now(t.Context(), collect); err != nil {
		t.Fatal(err)
	}
	if after := content(t, p); after != before {
		t.Errorf("the catalog holds %s, held %s", after, before)
	}
	if n := p.One(t, "select count(*) from chunkings where unused_since is not null"); n != "5" {
		t.Errorf("%s chunkings are marked, want 5", n)
	}
	// What is referred to again is not garbage.
	repo.Commit(t, sample(5, "a"))
	p.Submit(t, repo)
	settle(t, p)
	if _, err := schedule.Now(t.Context(), collect); err != nil {
		t.Fatal(err)
	}
	if n := p.One(t, "select count(*) from chunkings where unused_since is not null"); n != "1" {
		t.Errorf("%s chunkings are marked, want the one of the commit before", n)
	}
	// The grace ends.
	p.Rows(t, "update chunkings set unused_since = unused_since - interval '2 h'")
	if _, err := schedule.Now(t.Context(), collect); err != nil {
		t.Fatal(err)
	}
	if n := p.One(t, "select count(*) from chunkings"); n != "5" {
		t.Errorf("%s chunkings are left, want 5", n)
	}
	clean(t, p) // the object of the empty pack is there, and is no orphan
	if n := p.One(t, "select count(*) from packs where deleted_at is not null and gone_at is null"); n == "0" {
		t.Error("a deleted pack's object did not get its grace")
	}
}

func TestCollectCompactsPacksThatAreMostlyDead(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	tree := sample(20, "a")
	repo := ingest(t, p, tree)
	settle(t, p)
	dead := `select count(*) from packs p where deleted_at is null and size > 2 * (
		coalesce((select sum(length) from blobs where pack = p.id), 0) + coalesce((select sum(length) from vectors where pack = p.id), 0))`
	for i := range 15 {
		delete(tree, fmt.Sprintf("a/f%d.go", i))
	}
	repo.Commit(t, tree)
	p.Submit(t, repo)
	settle(t, p)
	digest := p.Digest(t)
	if n := p.One(t, "select count(*) from packs where kind = 'text'"); n != "1" {
		t.Fatalf("%s text packs, want one for both commits", n)
	}
	text := keyOf(t, p, "text")
	mustUpkeep(t, p, syncer.KindGarbage)
	swept(t, p)
	if keyOf(t, p, "text") == text {
		t.Error("a pack with a quarter of its bytes alive was not compacted")
	}
	if n := p.One(t, dead); n != "0" {
		t.Errorf("%s packs are less than half alive", n)
	}
	if got := p.Digest(t); got != digest {
		t.Errorf("digest %+v, want %+v", got, digest)
	}
}

// A collector that is cut short at any place leaves nothing wrong, and the
// next one ends what it began.
func TestCollectResumes(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := ingest(t, p, sample(30, "a"))
	settle(t, p)
	repo.Commit(t, sample(3, "b"))
	p.Submit(t, repo)
	settle(t, p)
	objects := syncer.NewObjects(everything, p.Catalog, p.Blobs, p.Mirrors, p.Logs.Logger())
	schedule := syncer.Schedule{Catalog: p.Catalog, Log: p.Logs.Logger()}
	cut := 0
	for within := time.Millisecond; ; within += within / 2 {
		_, err := schedule.Now(t.Context(), syncer.Work{Kind: syncer.KindGarbage, Do: func(ctx context.Context, run *syncer.Run) error {
			ctx, cancel := context.WithTimeout(ctx, within)
			defer cancel()
			return objects.Collect(ctx, run)
		}})
		readable(t, p)
		if report, found := p.Verify(t); report.MissingObjects+report.CorruptObjects > 0 {
			t.Fatalf("verify: %+v %v", report, found)
		}
		if err == nil {
			break
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		cut++
	}
	if cut == 0 {
		t.Error("the collector was never cut short")
	}
	if n := p.One(t, "select count(*) from chunkings"); n != "3" {
		t.Errorf("%s chunkings are left, want 3", n)
	}
	swept(t, p)
}

// Writers store contents that they share and that go and come back, while a
// collector without any grace runs all the time.
func TestCollectRacesWithWriters(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{Lease: time.Nanosecond})
	const writers, rounds, pool = 4, 6, 12
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	repos := make([]*testpipe.Repo, writers)
	random := rand.New(rand.NewPCG(seed, 0))
	for i := range repos {
		repos[i] = testpipe.NewRepo(t)
	}
	objects := syncer.NewObjects(everything, p.Catalog, p.Blobs, p.Mirrors, p.Logs.Logger())
	schedule := syncer.Schedule{Catalog: p.Catalog, Log: p.Logs.Logger()}
	collecting, stop := context.WithCancel(t.Context())
	var collector sync.WaitGroup
	runs := 0
	collector.Go(func() {
		for collecting.Err() == nil {
			_, err := schedule.Now(collecting, syncer.Work{Kind: syncer.KindGarbage, Do: objects.Collect})
			if err != nil && collecting.Err() == nil {
				t.Errorf("collect: %v", err)
			}
			runs++
		}
	})
	for range rounds {
		for _, r := range repos {
			tree := testpipe.Text("README.md", fmt.Sprint("# ", r.Dir, random.Uint64()))
			for range 1 + random.IntN(pool) {
				n := random.IntN(pool)
				tree[fmt.Sprint("f", n, ".go")] = sample(n+1, "shared")[fmt.Sprintf("shared/f%d.go", n)]
			}
			r.Commit(t, tree)
		}
		var storing sync.WaitGroup
		for _, r := range repos {
			m := testpipe.Submission(t, events.DefaultTenant, events.RepoSubmitted{URL: r.Dir})
			storing.Go(func() {
				if err := p.Ingest.Handle(t.Context(), m); err != nil {
					t.Errorf("ingest: %v", err)
				}
			})
		}
		p.Deliver(t, p.Events.Drain(t)...) // an error of these is mended by the syncer
		storing.Wait()
	}
	stop()
	collector.Wait()
	finish(t, p)
	if report, found := p.Verify(t); report.MissingObjects+report.CorruptObjects+report.MissingPoints > 0 {
		t.Fatalf("verify: %+v %v", report, found)
	}
	readable(t, p)
	mustUpkeep(t, p, syncer.KindGarbage)
	swept(t, p)
	t.Logf("%d collections; %s packs deleted", runs, p.One(t, "select count(*) from packs where deleted_at is not null"))
}

// finish does what is owed until nothing is, though attempts may fail.
func finish(t *testing.T, p *testpipe.Pipe) {
	t.Helper()
	for range 20 {
		var failed error
		consumeAll(t, p)
		for heard := look(t, p); len(heard) > 0; heard = p.Events.Drain(t) {
			failed = errors.Join(failed, errors.Join(p.Deliver(t, heard...)...))
		}
		if left, err := p.Catalog.OpenDocuments(t.Context()); err != nil || left == 0 && failed == nil {
			if err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatal("documents stay open")
}
