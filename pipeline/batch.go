package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/fault"
)

// BatchConfig says when a batch is full.
type BatchConfig struct {
	Items       int           // most items in a batch; default 1
	Wait        time.Duration // how long the first item waits for others; default: not at all
	Pause       time.Duration // a live batch waits no longer once no item has come for this time; default Wait
	Concurrency int           // batches under way at once, in each lane; default 1

	// Halve reports whether an error other than a rejection comes from some items
	// of the batch rather than from all. Default: never.
	Halve func(error) bool

	Watch *Watch // measures the batches; default: nobody
}

// Batcher gathers items from any number of goroutines and works on them
// together. A batch that fails because of some of its items is halved until each
// bad item stands alone; the others go through.
//
// A batch holds items of one lane. Live batches never wait for bulk batches.
// While there are live items, the bulk lane gets one batch at a time. Within a
// lane tenants take turns, item by item, so that a batch holds as many items of
// each tenant as wait, or an equal share.
type Batcher[T any] struct {
	cfg    BatchConfig
	work   func(context.Context, []T) error
	live   *queue[batchItem[T]]
	bulk   *queue[batchItem[T]]
	quiet  *gate // open while there is no live item
	closed chan struct{}
	done   sync.WaitGroup
}

type batchItem[T any] struct {
	ctx    context.Context
	value  T
	result chan error
}

var errBatcherClosed = errors.New("batcher is closed")

// NewBatcher starts a batcher. work gets up to cfg.Items items; its error is
// the outcome of each of them. After an error work may see the same items again,
// in smaller batches.
func NewBatcher[T any](cfg BatchConfig, work func(context.Context, []T) error) *Batcher[T] {
	b := &Batcher[T]{
		cfg: cfg, work: work, live: newQueue[batchItem[T]](), bulk: newQueue[batchItem[T]](), quiet: newGate(), closed: make(chan struct{}),
	}
	always := newGate()
	pause := cmp.Or(cfg.Pause, cfg.Wait)
	for i := range max(cfg.Concurrency, 1) {
		b.done.Go(func() { b.run(b.live, pause, always) })
		when := b.quiet
		if i == 0 {
			when = always
		}
		b.done.Go(func() { b.run(b.bulk, cfg.Wait, when) })
	}
	return b
}

// Do adds an item of a tenant and waits for its outcome, or for the end of ctx. An
// item that has joined a batch by then may still be worked on.
func (b *Batcher[T]) Do(ctx context.Context, lane events.Lane, tenant string, value T) error {
	items := b.bulk
	if lane != events.Bulk {
		items = b.live
		b.quiet.shut()
		defer b.quiet.open()
	}
	item := &batchItem[T]{ctx, value, make(chan error, 1)}
	items.add(tenant, item)
	select {
	case err := <-item.result:
		return err
	case <-ctx.Done():
		items.leave(tenant, item)
		return ctx.Err()
	case <-b.closed:
	}
	if items.leave(tenant, item) {
		return errBatcherClosed
	}
	select { // the batches under way are waited for
	case err := <-item.result:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close waits for the batches under way. Call it once; Do fails afterwards.
func (b *Batcher[T]) Close() {
	close(b.closed)
	b.done.Wait()
}

// run works on the batches of one lane, while the gate is open.
func (b *Batcher[T]) run(items *queue[batchItem[T]], pause time.Duration, g *gate) {
	for {
		opened, shut := g.state()
		select {
		case <-opened:
		case <-b.closed:
			return
		}
		first, more := items.next(b.closed)
		if first != nil {
			b.settle(b.gather(items, pause, first))
			continue
		}
		select {
		case <-more:
		case <-shut:
		case <-b.closed:
			return
		}
	}
}

func (b *Batcher[T]) gather(items *queue[batchItem[T]], pause time.Duration, first *batchItem[T]) []*batchItem[T] {
	batch := []*batchItem[T]{first}
	timeout, silence := time.NewTimer(b.cfg.Wait), time.NewTimer(pause)
	defer timeout.Stop()
	defer silence.Stop()
	for len(batch) < b.cfg.Items {
		item, more := items.next(b.closed)
		if item != nil {
			batch = append(batch, item)
			silence.Reset(pause)
			continue
		}
		select {
		case <-more:
		case <-silence.C:
			return batch
		case <-b.closed:
			return batch
		case <-timeout.C:
			return batch
		}
	}
	return batch
}

// settle works on a batch and tells each item its outcome.
func (b *Batcher[T]) settle(batch []*batchItem[T]) {
	err := b.call(batch)
	if len(batch) > 1 && b.halves(err) {
		b.settle(batch[:len(batch)/2])
		b.settle(batch[len(batch)/2:])
		return
	}
	for _, item := range batch {
		item.result <- err
	}
}

func (b *Batcher[T]) halves(err error) bool {
	if err == nil {
		return false
	}
	kind, _ := fault.Of(err)
	return kind == fault.KindReject || b.cfg.Halve != nil && b.cfg.Halve(err)
}

// call turns a panic into a rejection, so that halving finds its item.
func (b *Batcher[T]) call(batch []*batchItem[T]) (err error) {
	ctx, release := together(batch)
	defer release()
	defer func() {
		if p := recover(); p != nil {
			err = fault.Reject(fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	values := make([]T, len(batch))
	for i, item := range batch {
		values[i] = item.value
	}
	b.cfg.Watch.Batch(ctx, len(batch))
	return b.work(ctx, values)
}

// together returns a context that ends when the contexts of all items have ended, so that
// an item that is given up does not fail the others. It has the values of the first item's
// context.
func together[T any](batch []*batchItem[T]) (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(batch[0].ctx))
	var left atomic.Int64
	left.Store(int64(len(batch)))
	stops := make([]func() bool, len(batch))
	for i, item := range batch {
		stops[i] = context.AfterFunc(item.ctx, func() {
			if left.Add(-1) == 0 {
				cancel()
			}
		})
	}
	return ctx, func() {
		for _, stop := range stops {
			stop()
		}
		cancel()
	}
}
