package object_test

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
	"github.com/leatworks/leat/pipeline/syncer/object"
	"github.com/leatworks/leat/pipeline/syncer/schedule"
)

// content counts the contents that the catalog holds.
func content(t *testing.T, p *testpipe.Pipe) string {
	t.Helper()
	return p.One(t, `select concat_ws(' ', (select count(*) from chunkings), (select count(*) from blobs),
		(select count(*) from vectors), (select count(*) from chunks))`)
}

func TestCollectTakesWhatNothingRefersTo(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := p.IngestTree(t, testpipe.Sample(5, "a"))
	p.SettleOwed(t)
	fresh := content(t, p)
	if tally := mustUpkeep(t, p, object.KindGarbage); tally.Found != 0 || tally.Compared == 0 {
		t.Errorf("a fresh index has garbage: %+v", tally)
	}
	repo.Commit(t, testpipe.Sample(5, "b"))
	p.Submit(t, repo)
	p.SettleOwed(t)
	tally := mustUpkeep(t, p, object.KindGarbage)
	if got := content(t, p); got != fresh {
		t.Errorf("after another commit of the same size the catalog holds %s, want %s", got, fresh)
	}
	if tally.Repaired == 0 || tally.Repaired != tally.Found {
		t.Errorf("collect: %+v", tally)
	}
	p.CheckSwept(t)
	// The first content comes back, under keys that were deleted.
	repo.Commit(t, testpipe.Sample(5, "a"))
	p.Submit(t, repo)
	p.SettleOwed(t)
	mustUpkeep(t, p, object.KindGarbage)
	if got := content(t, p); got != fresh {
		t.Errorf("after the first commit's tree came back the catalog holds %s, want %s", got, fresh)
	}
	p.CheckSwept(t)
}

func TestCollectKeepsForItsGrace(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := p.IngestTree(t, testpipe.Sample(5, "a"))
	p.SettleOwed(t)
	repo.Commit(t, testpipe.Sample(1, "b"))
	p.Submit(t, repo)
	p.SettleOwed(t)
	cfg := everything
	cfg.Grace = time.Hour
	objects := object.New(cfg, p.Catalog.Packs, p.Catalog.Garbage, p.Catalog.Generations, p.Blobs, p.Mirrors, p.Logs.Logger())
	collect := schedule.Work{Kind: object.KindGarbage, Do: objects.Collect}
	before := content(t, p)
	if _, err := p.Now(t, collect); err != nil {
		t.Fatal(err)
	}
	if after := content(t, p); after != before {
		t.Errorf("the catalog holds %s, held %s", after, before)
	}
	if n := p.One(t, "select count(*) from chunkings where unused_since is not null"); n != "5" {
		t.Errorf("%s chunkings are marked, want 5", n)
	}
	// Content that is referred to again is not garbage.
	repo.Commit(t, testpipe.Sample(5, "a"))
	p.Submit(t, repo)
	p.SettleOwed(t)
	if _, err := p.Now(t, collect); err != nil {
		t.Fatal(err)
	}
	if n := p.One(t, "select count(*) from chunkings where unused_since is not null"); n != "1" {
		t.Errorf("%s chunkings are marked, want the one of the commit before", n)
	}
	// The grace ends.
	p.Rows(t, "update chunkings set unused_since = unused_since - interval '2 h'")
	if _, err := p.Now(t, collect); err != nil {
		t.Fatal(err)
	}
	if n := p.One(t, "select count(*) from chunkings"); n != "5" {
		t.Errorf("%s chunkings are left, want 5", n)
	}
	p.CheckClean(t) // the object of the empty pack is there, and is no orphan
	if n := p.One(t, "select count(*) from packs where deleted_at is not null and gone_at is null"); n == "0" {
		t.Error("a deleted pack's object did not get its grace")
	}
}

// A collector that is cut short at any place leaves nothing wrong, and the next run
// finishes its work.
func TestCollectResumes(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := p.IngestTree(t, testpipe.Sample(30, "a"))
	p.SettleOwed(t)
	repo.Commit(t, testpipe.Sample(3, "b"))
	p.Submit(t, repo)
	p.SettleOwed(t)
	objects := object.New(everything, p.Catalog.Packs, p.Catalog.Garbage, p.Catalog.Generations, p.Blobs, p.Mirrors, p.Logs.Logger())
	cut := 0
	for within := time.Millisecond; ; within += within / 2 {
		var ended error
		_, err := p.Now(t, schedule.Work{Kind: object.KindGarbage, Do: func(ctx context.Context, run *schedule.Run) error {
			ctx, cancel := context.WithTimeout(ctx, within)
			defer cancel()
			defer func() { ended = ctx.Err() }()
			return objects.Collect(ctx, run)
		}})
		p.CheckReadable(t)
		if report, found := p.Verify(t); report.MissingObjects+report.CorruptObjects > 0 {
			t.Fatalf("verify: %+v %v", report, found)
		}
		if err == nil {
			break
		}
		if ended == nil { // a connection that is cut may say "i/o timeout" alone
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
	p.CheckSwept(t)
}

// Writers store contents that they share, and that go and come back, while a collector
// without any grace runs all the time.
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
	objects := object.New(everything, p.Catalog.Packs, p.Catalog.Garbage, p.Catalog.Generations, p.Blobs, p.Mirrors, p.Logs.Logger())
	background := schedule.New(schedule.Config{}, p.Catalog.Schedule, p.Catalog.Locks, p.Logs.Logger())
	collecting, stop := context.WithCancel(t.Context())
	var collector sync.WaitGroup
	runs := 0
	collector.Go(func() {
		for collecting.Err() == nil {
			_, err := background.Now(collecting, schedule.Work{Kind: object.KindGarbage, Do: objects.Collect})
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
				tree[fmt.Sprint("f", n, ".go")] = testpipe.Sample(n+1, "shared")[fmt.Sprintf("shared/f%d.go", n)]
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
		p.Deliver(t, p.Events.Drain(t)...) // the syncer mends an error of theirs
		storing.Wait()
	}
	stop()
	collector.Wait()
	finish(t, p)
	if report, found := p.Verify(t); report.MissingObjects+report.CorruptObjects+report.MissingPoints > 0 {
		t.Fatalf("verify: %+v %v", report, found)
	}
	p.CheckReadable(t)
	mustUpkeep(t, p, object.KindGarbage)
	p.CheckSwept(t)
	t.Logf("%d collections; %s packs deleted", runs, p.One(t, "select count(*) from packs where deleted_at is not null"))
}

// finish does the owed work until none is left. Attempts may fail.
func finish(t *testing.T, p *testpipe.Pipe) {
	t.Helper()
	for range 20 {
		var failed error
		p.ConsumeAll(t)
		for heard := p.Look(t); len(heard) > 0; heard = p.Events.Drain(t) {
			failed = errors.Join(failed, errors.Join(p.Deliver(t, heard...)...))
		}
		if left, err := p.Catalog.Gauges.OpenDocuments(t.Context()); err != nil || left == 0 && failed == nil {
			if err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatal("documents stay open")
}
