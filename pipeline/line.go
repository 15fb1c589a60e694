package pipeline

import (
	"slices"
	"sync"
)

// line is a queue in which tenants take turns: the first item of one, then the first of
// the next. The items of a tenant keep their order.
type line[T any] struct {
	mu    sync.Mutex
	items map[string][]*T // by tenant
	order []string        // tenants with items, the next one first
	more  chan struct{}   // closed when an item has come
}

func newLine[T any]() *line[T] {
	return &line[T]{items: make(map[string][]*T), more: make(chan struct{})}
}

func (l *line[T]) add(tenant string, item *T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.items[tenant]) == 0 {
		l.order = append(l.order, tenant)
	}
	l.items[tenant] = append(l.items[tenant], item)
	close(l.more)
	l.more = make(chan struct{})
}

// next takes the next item. If there is none, or over is closed, it returns a channel that
// is closed when another item has come.
func (l *line[T]) next(over <-chan struct{}) (item *T, more <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-over:
		return nil, l.more
	default:
	}
	if len(l.order) == 0 {
		return nil, l.more
	}
	tenant := l.order[0]
	l.order = l.order[1:]
	queue := l.items[tenant]
	item = queue[0]
	if l.items[tenant] = queue[1:]; len(queue) > 1 {
		l.order = append(l.order, tenant)
	} else {
		delete(l.items, tenant)
	}
	return item, nil
}

// leave takes an item out. It reports whether the item was still in the line.
func (l *line[T]) leave(tenant string, item *T) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	queue := l.items[tenant]
	i := slices.Index(queue, item)
	if i < 0 {
		return false
	}
	if l.items[tenant] = slices.Delete(queue, i, i+1); len(queue) > 1 {
		return true
	}
	delete(l.items, tenant)
	l.order = slices.DeleteFunc(l.order, func(name string) bool { return name == tenant })
	return true
}
