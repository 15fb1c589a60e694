package testpipe

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer/schedule"
)

// Look lets the syncer look once, and returns the events it published.
func (p *Pipe) Look(t testing.TB) []pipeline.Message {
	t.Helper()
	must(t, p.Sync.Look(t.Context()))
	return p.Events.Drain(t)
}

// MustDeliver is Deliver for events on which no step may fail.
func (p *Pipe) MustDeliver(t testing.TB, list ...pipeline.Message) {
	t.Helper()
	must(t, errors.Join(p.Deliver(t, list...)...))
}

// Consume only acknowledges the messages that wait for a consumer. It asks for those that are
// there: a worker's pull stays open for a second.
func (p *Pipe) Consume(t testing.TB, stream, consumer string) {
	t.Helper()
	js, err := jetstream.New(p.Events.conn)
	must(t, err)
	c, err := js.Consumer(t.Context(), stream, consumer)
	must(t, err)
	for deadline := time.Now().Add(Patience); !p.Acknowledged(t, stream, consumer); {
		batch, err := c.FetchNoWait(1000)
		must(t, err)
		some := false
		for m := range batch.Messages() {
			some = true
			must(t, m.Ack())
		}
		must(t, batch.Error())
		if !some {
			time.Sleep(time.Millisecond) // the ack of the last is on its way
		}
		if time.Now().After(deadline) {
			t.Fatalf("testpipe: messages still wait for %s", consumer)
		}
	}
}

// ConsumeAll acknowledges all messages that wait for an embedder or an indexer.
// The syncer takes them for work under way, and a test has delivered them
// already.
func (p *Pipe) ConsumeAll(t testing.TB) {
	t.Helper()
	for _, lane := range events.Lanes {
		p.Consume(t, broker.StreamChunked, broker.ConsumerEmbedder(p.Generation.Embedder.Name, lane))
		p.Consume(t, broker.StreamEmbedded, broker.ConsumerIndexer(p.Generation.Number, lane))
	}
}

// SettleOwed delivers published events and the work that the syncer finds owed,
// until no more is left.
func (p *Pipe) SettleOwed(t testing.TB) {
	t.Helper()
	p.Settle(t)
	for range 5 {
		left, err := p.Catalog.Gauges.OpenDocuments(t.Context())
		must(t, err)
		if left == 0 {
			return
		}
		p.ConsumeAll(t)
		p.MustDeliver(t, p.Look(t)...)
		p.Settle(t)
	}
	t.Fatal("testpipe: documents stay open")
}

// CheckClean checks that the stores agree and that every document can be read.
func (p *Pipe) CheckClean(t testing.TB) {
	t.Helper()
	if report, found := p.Verify(t); !report.OK {
		t.Errorf("verify: %+v\n%s", report, strings.Join(found, "\n"))
	}
	p.CheckReadable(t)
}

// CheckSwept is CheckClean, and checks that S3 holds no objects but packs.
func (p *Pipe) CheckSwept(t testing.TB) {
	t.Helper()
	p.CheckClean(t)
	packs := p.Rows(t, "select key from packs where deleted_at is null order by key")
	if keys := p.Keys(t); !slices.Equal(keys, packs) {
		t.Errorf("objects %q, packs %q", keys, packs)
	}
}

// CheckReadable checks that every document's content can be read.
func (p *Pipe) CheckReadable(t testing.TB) {
	t.Helper()
	docs, err := p.Catalog.Contents(t.Context(), uuid.Nil, 10000)
	must(t, err)
	empty := sha256.Sum256(nil)
	for _, d := range docs {
		if d.Blob == [32]byte{} || d.Blob == empty {
			continue
		}
		spans, err := p.Catalog.BlobSpans(t.Context(), [][]byte{d.Blob[:]})
		must(t, err)
		domain, err := p.Blobs.Domain(t.Context(), spans[d.Blob].Object)
		must(t, err)
		err = p.Blobs.Read(t.Context(), []blob.Span{blob.Span(spans[d.Blob])}, func(_ int, content []byte) error {
			if catalog.Name(domain, content) != d.Blob {
				return errors.New("the content differs")
			}
			return nil
		})
		if err != nil {
			t.Errorf("document %s cannot be read: %v", d.ID, err)
		}
	}
}

// Sample makes a tree of files with different texts.
func Sample(files int, salt string) Tree {
	tree := make(Tree)
	for i := range files {
		tree[fmt.Sprintf("%s/f%d.go", salt, i)] = File{
			Content: fmt.Sprintf("package p\n\n// F%d is %s.\nfunc F%[1]d() int { return %[1]d }\n\nfunc G%[1]d() string { return %[2]q }\n", i, salt),
		}
	}
	return tree
}

// Schedule does work in the background until stop is called or the test ends.
func Schedule(t testing.TB, c *catalog.Catalog, work ...schedule.Work) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := schedule.New(schedule.Config{Tick: time.Millisecond}, c.Schedule, c.Locks, slog.New(slog.DiscardHandler), work...)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Run(ctx)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-done
	})
	t.Cleanup(stop)
	return stop
}

// Now does work in the foreground.
func (p *Pipe) Now(t testing.TB, w schedule.Work) (catalog.Tally, error) {
	t.Helper()
	return p.Schedule().Now(t.Context(), w)
}

// Schedule returns a schedule that does work in the foreground only.
func (p *Pipe) Schedule() *schedule.Schedule {
	return schedule.New(schedule.Config{}, p.Catalog.Schedule, p.Catalog.Locks, p.Logs.Logger())
}

// LastRun returns the last run of a kind of work.
func LastRun(t testing.TB, c *catalog.Catalog, kind catalog.WorkKind) catalog.LastRun {
	t.Helper()
	runs, err := c.Schedule.Last(t.Context())
	must(t, err)
	for _, r := range runs {
		if r.Kind == kind {
			return r
		}
	}
	t.Fatalf("testpipe: no run of %s is known: %+v", kind, runs)
	return catalog.LastRun{}
}
