package blob

import (
	"container/list"
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/errgroup"
)

// pageBytes is the unit in which a [Cache] reads packs. Texts that lie beside each other come from one directory, and
// the reader of a text mostly reads others of that directory too.
const pageBytes = 128 << 10

// pageOverhead is the memory of a page beside its data: its key, and its places in the map and in the list.
const pageOverhead = 512

// DefaultCacheBytes is the memory of a cache in a process that answers searches.
const DefaultCacheBytes = 64 << 20

// Cache keeps pages of packs that were read a moment ago, as they are stored. The name of a pack is the hash of its
// content, so a page never changes, and its place can serve as its key. Each span is compared with its checksum when it
// is read, whether it comes from the cache or not. Any number of goroutines may use a cache.
type Cache struct {
	store *Store
	most  int // bytes

	mu    sync.Mutex
	bytes int // of all pages
	pages map[pageKey]*list.Element
	order *list.List // of *page, the one used last at the front
}

type pageKey struct {
	object string
	number int64
}

// page is a page that is there or being read.
type page struct {
	key   pageKey
	done  chan struct{} // closed when data or err is there
	data  []byte
	err   error
	bytes int // how much of the cache it takes; a full page until it is read
}

// NewCache returns a cache of a store that takes up to size bytes. The packs of small repositories are smaller than a
// page, and take no more than they have. If size is less than a page, nothing is cached, and every span is read by
// itself.
func NewCache(store *Store, size int) *Cache {
	return &Cache{store: store, most: size, pages: make(map[pageKey]*list.Element), order: list.New()}
}

// Read does what [Store.Read] does, by way of the cache.
func (c *Cache) Read(ctx context.Context, spans []Span, fn func(i int, data []byte) error) error {
	if c.most < pageBytes {
		return c.store.Read(ctx, spans, fn)
	}
	if _, err := plan(spans); err != nil { // it checks them
		return err
	}
	queue := make(chan int, len(spans))
	var large []int // spans that would empty the cache
	for i, span := range spans {
		if int64(span.Length) > pageBytes {
			large = append(large, i)
		} else {
			queue <- i
		}
	}
	close(queue)
	out := &outlet{fn: fn}
	group, reading := errgroup.WithContext(ctx)
	for range min(readers, len(queue)) {
		group.Go(func() error {
			var w worker
			for i := range queue {
				if err := c.one(reading, &w, spans[i], i, out); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if len(large) > 0 {
		group.Go(func() error { return c.past(reading, spans, large, out) })
	}
	return group.Wait()
}

// past reads spans from the store.
func (c *Cache) past(ctx context.Context, spans []Span, which []int, out *outlet) error {
	chosen := make([]Span, len(which))
	for i, at := range which {
		chosen[i] = spans[at]
	}
	return c.store.Read(ctx, chosen, func(i int, data []byte) error { return out.hand(ctx, which[i], data) })
}

// one reads a span. If the cached bytes do not match its checksum, or end before it, one asks the store, which tells
// whether the object is damaged.
func (c *Cache) one(ctx context.Context, w *worker, span Span, i int, out *outlet) error {
	by := sealingOf(span.Object)
	key, err := c.store.find(ctx, by, span.Object)
	if err != nil {
		return err
	}
	stored, err := c.stored(ctx, w, span)
	if err != nil {
		return err
	}
	if len(stored) == int(span.Length) {
		data, err := w.open(c.store, key, by, span, stored)
		if err == nil {
			return out.hand(ctx, i, data)
		}
	}
	c.forget(span)
	return c.store.Read(ctx, []Span{span}, func(_ int, data []byte) error { return out.hand(ctx, i, data) })
}

// stored returns the bytes of a span, or fewer if the object ends before.
func (c *Cache) stored(ctx context.Context, w *worker, span Span) ([]byte, error) {
	first, last := span.Offset/pageBytes, (span.Offset+max(int64(span.Length), 1)-1)/pageBytes
	w.stored = w.stored[:0]
	for number := first; number <= last; number++ {
		data, err := c.page(ctx, pageKey{span.Object, number})
		if err != nil {
			return nil, err
		}
		from := max(span.Offset-number*pageBytes, 0)
		to := min(span.Offset+int64(span.Length)-number*pageBytes, int64(len(data)))
		if from >= to {
			break
		}
		w.stored = append(w.stored, data[from:to]...)
	}
	return w.stored, nil
}

// page returns a page, which one goroutine reads for all that wait for it.
func (c *Cache) page(ctx context.Context, key pageKey) ([]byte, error) {
	for {
		p, mine := c.take(key)
		if mine {
			p.data, p.err = c.store.readPage(ctx, key)
			c.settle(p)
			close(p.done)
			return p.data, p.err
		}
		select {
		case <-p.done:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		// The end of another caller's context is no error of this call.
		if !errors.Is(p.err, context.Canceled) && !errors.Is(p.err, context.DeadlineExceeded) || ctx.Err() != nil {
			return p.data, p.err
		}
	}
}

// take returns the page of a key, and whether the caller has to read it.
func (c *Cache) take(key pageKey) (p *page, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at := c.pages[key]; at != nil {
		c.order.MoveToFront(at)
		return at.Value.(*page), false
	}
	p = &page{key: key, done: make(chan struct{}), bytes: pageBytes}
	c.pages[key] = c.order.PushFront(p)
	for c.bytes += p.bytes; c.bytes > c.most; {
		c.remove(c.order.Back())
	}
	return p, true
}

// settle counts the bytes of a page that was read, or removes it if it could not be. The page may be gone already.
func (c *Cache) settle(p *page) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.pages[p.key]
	switch {
	case at == nil || at.Value.(*page) != p:
	case p.err != nil:
		c.remove(at)
	default:
		c.bytes -= p.bytes
		p.bytes = min(len(p.data)+pageOverhead, pageBytes)
		c.bytes += p.bytes
	}
}

// forget removes the pages of a span.
func (c *Cache) forget(span Span) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for number := span.Offset / pageBytes; number*pageBytes < span.Offset+int64(span.Length); number++ {
		if at := c.pages[pageKey{span.Object, number}]; at != nil {
			c.remove(at)
		}
	}
}

func (c *Cache) remove(at *list.Element) {
	p := at.Value.(*page)
	c.order.Remove(at)
	delete(c.pages, p.key)
	c.bytes -= p.bytes
}
