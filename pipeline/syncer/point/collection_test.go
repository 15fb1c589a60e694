package point_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/syncer/point"
	"github.com/leatworks/leat/pipeline/vector"
)

// drop deletes the collection and its alias, as somebody with the key to Qdrant may.
func drop(t *testing.T, p *testpipe.Pipe) {
	t.Helper()
	if err := p.Points.DropCollection(t.Context(), p.Generation.Collection); err != nil {
		t.Fatal(err)
	}
	if _, found, err := p.Points.Alias(t.Context(), p.Config().Index); found || err != nil {
		t.Fatalf("the alias is there still: %t, %v", found, err)
	}
}

// watch lets a syncer look until the alias is there.
func watch(t *testing.T, p *testpipe.Pipe) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		cfg := point.Config{Alias: p.Config().Index, Look: time.Millisecond}
		point.New(cfg, p.Catalog, p.Catalog.Generations, p.Catalog.Schedule, p.Points, p.Logs.Logger()).Watch(ctx)
	}()
	defer func() { <-done }()
	defer cancel()
	for deadline := time.Now().Add(testpipe.Patience); ; time.Sleep(time.Millisecond) {
		if at, _, err := p.Points.Alias(t.Context(), p.Config().Index); err == nil && at == p.Generation.Collection {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the alias does not come back")
		}
	}
}

// awaitNoneDue waits until syncers have done all due work.
func awaitNoneDue(t *testing.T, p *testpipe.Pipe) {
	t.Helper()
	p.AwaitRows(t, `select 1 where not exists (select 1 from sync_work where due_at <= now())
		and not exists (select 1 from sync_runs where finished_at is null)`)
}

func TestADroppedCollectionComesBack(t *testing.T) {
	p, count := compared(t, 3)
	whole, texts := p.Digest(t), count.Texts.Load()
	list := p.AllPoints(t)
	testpipe.Schedule(t, p.Catalog, points(p).Work()...)
	awaitNoneDue(t, p)
	drop(t, p)

	// A document that is written at that moment is tried again, and becomes no dead letter.
	p.IngestTree(t, testpipe.Text("new.txt", "new\n"))
	for heard := p.Events.Drain(t); len(heard) > 0; heard = p.Events.Drain(t) {
		for _, err := range p.Deliver(t, heard...) {
			if kind, _ := fault.Of(err); err != nil && (kind != fault.KindRetry || !errors.Is(err, vector.ErrNoCollection)) {
				t.Errorf("the indexer says %v: %v", kind, err)
			}
		}
	}
	watch(t, p)
	awaitNoneDue(t, p)
	p.Rows(t, "update documents set due_at = now() where state = 'embedded'") // as an indexer does that fails
	p.SettleOwed(t)
	p.CheckClean(t)
	if n := count.Texts.Load() - texts; n != 1 {
		t.Errorf("%d texts were embedded, want the new one's", n)
	}
	got := slices.DeleteFunc(p.AllPoints(t), func(p vector.Point) bool { return p.Payload.Path == "new.txt" })
	if len(got) != len(list) || int64(len(got)) != whole.Points {
		t.Errorf("%d points, want %d", len(got), len(list))
	}
	hits := 0
	for _, err := range p.Points.Scroll(t.Context(), p.Config().Index, vector.Filter{Tenant: events.DefaultTenant, Languages: []string{"Go"}}, false) {
		if err != nil {
			t.Fatal(err)
		}
		hits++
	}
	if hits != len(list) {
		t.Errorf("%d points by the alias, want %d", hits, len(list))
	}
}

// A starting worker may make the collection before the syncer does. The comparison is
// due all the same.
func TestAWorkerThatMakesTheCollectionHasItFilled(t *testing.T) {
	p, _ := compared(t, 1)
	whole := p.Digest(t)
	compare(t, p)
	p.Rows(t, "update sync_work set due_at = now() + interval '1 h', again = false")
	drop(t, p)
	testpipe.Join(t, testpipe.Config{}, p.Addresses)
	testpipe.Schedule(t, p.Catalog, points(p).Work()...)
	awaitNoneDue(t, p)
	p.SettleOwed(t)
	if got := p.Digest(t); got != whole {
		t.Errorf("digest %+v, want %+v", got, whole)
	}
}

func TestADroppedAliasComesBack(t *testing.T) {
	p, _ := compared(t, 1)
	p.Rows(t, "update sync_work set due_at = now() + interval '1 h', again = false")
	alias := p.Config().Index
	other := alias + "_other"
	if err := p.Points.CreateCollection(t.Context(), other, 4, "dot"); err != nil {
		t.Fatal(err)
	}
	if err := p.Points.SetAlias(t.Context(), alias, other); err != nil {
		t.Fatal(err)
	}
	if err := points(p).Ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	if at, _, err := p.Points.Alias(t.Context(), alias); at != other || err != nil {
		t.Errorf("an alias that points elsewhere was moved to %q (%v)", at, err)
	}
	if err := p.Points.DropCollection(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	watch(t, p)
	if n := p.One(t, "select count(*) from sync_work where due_at <= now()"); n != "0" {
		t.Errorf("%s kinds of work are due though no collection was missing", n)
	}
}

// slowly makes a collection only after the comparison that was planned for it has
// failed, because the collection did not exist.
type slowly struct {
	vector.Store
	wait func()
}

func (s slowly) CreateCollection(ctx context.Context, name string, dimensions int, distance string) error {
	if _, err := s.CountAll(ctx, name); errors.Is(err, vector.ErrNoCollection) {
		s.wait()
	}
	return s.Store.CreateCollection(ctx, name, dimensions, distance)
}

// A syncer may begin with the comparison before a store has made the collection.
func TestACollectionThatIsMadeSlowlyIsFilled(t *testing.T) {
	p, _ := compared(t, 1)
	whole := p.Digest(t)
	testpipe.Schedule(t, p.Catalog, points(p).Work()...)
	awaitNoneDue(t, p)
	drop(t, p)
	store := slowly{p.Points, func() {
		p.AwaitRows(t, "select 1 where not exists (select 1 from sync_work where due_at <= now()) and exists (select 1 from sync_runs where error <> '')")
	}}
	keeper := point.New(point.Config{Alias: p.Config().Index, Interval: time.Hour}, p.Catalog, p.Catalog.Generations, p.Catalog.Schedule, store, p.Logs.Logger())
	if err := keeper.Ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	awaitNoneDue(t, p)
	p.SettleOwed(t)
	if got := p.Digest(t); got != whole {
		t.Errorf("digest %+v, want %+v", got, whole)
	}
}
