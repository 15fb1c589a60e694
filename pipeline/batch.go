package pipeline

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/leatworks/leat/internal/fault"
)

// BatchConfig says when a batch is full.
type BatchConfig struct {
	Items       int           // most items in a batch
	Wait        time.Duration // how long the first item waits for others
	Concurrency int           // batches under way at once; default 1
}

// Batcher gathers items that are handed in one by one, from any number of
// goroutines, and works on them together. A batch that is rejected is halved
// until the item that cannot work stands alone: the others go through.
type Batcher[T any] struct {
	cfg   BatchConfig
	work  func(context.Context, []T) error
	items chan batchItem[T]
	done  sync.WaitGroup
}

type batchItem[T any] struct {
	ctx    context.Context
	value  T
	result chan error
}

// NewBatcher starts a batcher. work gets up to cfg.Items items; its error is
// the outcome of each of them.
func NewBatcher[T any](cfg BatchConfig, work func(context.Context, []T) error) *Batcher[T] {
	b := &Batcher[T]{cfg: cfg, work: work, items: make(chan batchItem[T])}
	for range max(cfg.Concurrency, 1) {
		b.done.Go(b.run)
	}
	return b
}

// Do hands in an item and waits for its outcome.
func (b *Batcher[T]) Do(ctx context.Context, value T) error {
	item := batchItem[T]{ctx, value, make(chan error, 1)}
	select {
	case b.items <- item:
	case <-ctx.Done():
		return ctx.Err()
	}
	return <-item.result
}

// Close waits for the batches under way. Do must not be called any more.
func (b *Batcher[T]) Close() {
	close(b.items)
	b.done.Wait()
}

func (b *Batcher[T]) run() {
	for first := range b.items {
		batch := b.gather([]batchItem[T]{first})
		b.settle(batch)
	}
}

func (b *Batcher[T]) gather(batch []batchItem[T]) []batchItem[T] {
	timeout := time.NewTimer(b.cfg.Wait)
	defer timeout.Stop()
	for len(batch) < b.cfg.Items {
		select {
		case item, open := <-b.items:
			if !open {
				return batch
			}
			batch = append(batch, item)
		case <-timeout.C:
			return batch
		}
	}
	return batch
}

// settle works on a batch and tells each item its outcome. The batch's context
// is its first item's: they all end when the worker is torn down.
func (b *Batcher[T]) settle(batch []batchItem[T]) {
	values := make([]T, len(batch))
	for i, item := range batch {
		values[i] = item.value
	}
	err := b.call(batch[0].ctx, values)
	if kind, _ := fault.Of(err); err != nil && kind == fault.KindReject && len(batch) > 1 {
		b.settle(batch[:len(batch)/2])
		b.settle(batch[len(batch)/2:])
		return
	}
	for _, item := range batch {
		item.result <- err
	}
}

// call turns a panic into a rejection, so that halving finds its item.
func (b *Batcher[T]) call(ctx context.Context, values []T) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.Reject(fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	return b.work(ctx, values)
}
