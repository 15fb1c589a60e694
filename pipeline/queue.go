package pipeline

import (
	"sync"

	"github.com/leatworks/leat/internal/line"
)

// queue is a line of items that any number of goroutines add to and take from.
type queue[T any] struct {
	mu    sync.Mutex
	items line.Line[*T]
	more  chan struct{} // closed when an item has come
}

func newQueue[T any]() *queue[T] { return &queue[T]{more: make(chan struct{})} }

func (q *queue[T]) add(tenant string, item *T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.items.Add(tenant, item)
	close(q.more)
	q.more = make(chan struct{})
}

// next takes the next item. If there is none, or over is closed, it returns a channel that
// is closed when another item has come.
func (q *queue[T]) next(over <-chan struct{}) (item *T, more <-chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	select {
	case <-over:
		return nil, q.more
	default:
	}
	_, item, found := q.items.Next(nil)
	if !found {
		return nil, q.more
	}
	return item, nil
}

// leave takes an item out. It reports whether the item was still in the queue.
func (q *queue[T]) leave(tenant string, item *T) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.items.Leave(tenant, item)
}
