package blob

import (
	"cmp"
	"context"
	"hash/crc32"
	"math"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// The limits by which spans become requests. A small gap between two spans is read and discarded, because that is
// cheaper than another round trip.
const (
	readers  = 4                            // concurrent requests of one Read
	maxGap   = 64 << 10                     // bytes discarded between two spans of one request
	maxRange = 8 << 20                      // bytes of one request, unless a single span is larger
	maxFrame = MaxSize + MaxSize/128 + 1024 // stored bytes of the largest item
)

// Read fetches the spans, which may lie in any objects, and calls fn with the index of each span and its content. The
// calls come in any order, but never two at once. data is valid until fn returns. Read stops at the first error, and
// returns an error of fn unchanged.
//
// Read returns [ErrMissing] for an object that does not exist, and [ErrCorrupt] for bytes that differ from the stored
// ones. It holds at most four ranges in memory, each of 8 MiB or one larger item, and one decoded item for each range.
func (s *Store) Read(ctx context.Context, spans []Span, fn func(i int, data []byte) error) error {
	ranges, err := plan(spans)
	if err != nil {
		return err
	}
	queue := make(chan fetch, len(ranges))
	for _, r := range ranges {
		queue <- r
	}
	close(queue)
	out := &outlet{fn: fn}
	group, ctx := errgroup.WithContext(ctx)
	for range min(readers, len(ranges)) {
		group.Go(func() error {
			var w worker
			for r := range queue {
				if err := w.run(ctx, s, r, spans, out); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// fetch is a range of an object, with the spans in it.
type fetch struct {
	object         string
	offset, length int64
	spans          []int // indexes of spans, by rising offset
}

// plan sorts the spans by their place and joins neighbours into ranges.
func plan(spans []Span) ([]fetch, error) {
	order, known := make([]int, len(spans)), make(map[string]bool)
	for i, span := range spans {
		if err := span.check(known); err != nil {
			return nil, err
		}
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(strings.Compare(spans[a].Object, spans[b].Object),
			cmp.Compare(spans[a].Offset, spans[b].Offset), cmp.Compare(a, b))
	})
	var ranges []fetch
	for at, i := range order {
		span := spans[i]
		if n := len(ranges); n > 0 && ranges[n-1].join(span) {
			last := &ranges[n-1]
			last.spans = last.spans[:len(last.spans)+1] // adds the next element of order
			continue
		}
		ranges = append(ranges, fetch{span.Object, span.Offset, int64(span.Length), order[at : at+1]})
	}
	return ranges, nil
}

// join widens the range so that it holds span, unless a limit forbids that. The span begins at f.offset or later.
func (f *fetch) join(span Span) bool {
	end := f.offset + f.length
	newEnd := max(end, span.Offset+int64(span.Length))
	if span.Object != f.object || span.Offset-end > maxGap || newEnd > end && newEnd-f.offset > maxRange {
		return false
	}
	f.length = newEnd - f.offset
	return true
}

// check refuses a span that Put cannot have returned. Spans come from a database, which may be damaged. It adds the key
// of the span's pack to the known ones.
func (s Span) check(known map[string]bool) error {
	if !known[s.Object] {
		if !keyPattern.MatchString(s.Object) {
			return corrupt(s.Object, s.Offset, "span names no pack")
		}
		known[s.Object] = true
	}
	switch {
	case s.Offset < 0 || s.Length < 0 || s.Offset > math.MaxInt64-int64(s.Length):
		return corrupt(s.Object, s.Offset, "span of %d bytes is out of bounds", s.Length)
	case s.Size < 0 || s.Size > MaxSize || s.Length > maxFrame:
		return corrupt(s.Object, s.Offset, "span of %d bytes, %d decoded, exceeds the largest item of %d", s.Length, s.Size, MaxSize)
	}
	return nil
}

// worker holds the buffers of one goroutine of Read.
type worker struct {
	stored, decoded []byte
	items           [][]byte // of a sealed range
	opened, place   []byte   // of a sealed item of another's memory
}

func (w *worker) run(ctx context.Context, s *Store, f fetch, spans []Span, out *outlet) error {
	by := sealingOf(f.object)
	key, err := s.find(ctx, by, f.object) // before the object, which may be gone if the key was destroyed
	if err != nil {
		return err
	}
	w.stored = resize(w.stored, int(f.length))
	if key != nil {
		return w.runSealed(ctx, s, &ahead{key: key, by: by, kind: kindOf(f.object), fetch: f, spans: spans, items: w.items[:0]}, out)
	}
	if err := s.readRange(ctx, f.object, f.offset, w.stored, nil); err != nil {
		return err
	}
	for _, i := range f.spans {
		span := spans[i]
		from := span.Offset - f.offset
		data, err := w.open(s, nil, by, span, w.stored[from:from+int64(span.Length)])
		if err != nil {
			return err
		}
		if err := out.hand(ctx, i, data); err != nil {
			return err
		}
	}
	return nil
}

func (w *worker) runSealed(ctx context.Context, s *Store, a *ahead, out *outlet) error {
	if err := s.readRange(ctx, a.fetch.object, a.fetch.offset, w.stored, a.arrived); err != nil {
		return err
	}
	w.items = a.items
	for n, item := range a.items {
		i := a.fetch.spans[n]
		data, err := w.decode(s, a.by, a.spans[i], item)
		if err != nil {
			return err
		}
		if err := out.hand(ctx, i, data); err != nil {
			return err
		}
	}
	if a.err == nil && len(a.items) < len(a.fetch.spans) { // spans of no bytes
		return misplaced(a.spans[a.fetch.spans[len(a.items)]])
	}
	return a.err
}

// open checks the stored bytes of a span and returns its content.
func (w *worker) open(s *Store, key Key, by sealing, span Span, stored []byte) ([]byte, error) {
	if key != nil {
		var err error
		if stored, err = w.unseal(key, by, kindOf(span.Object), span, stored); err != nil {
			return nil, err
		}
	} else if sum := crc32.Checksum(stored, castagnoli); sum != span.CRC {
		return nil, corrupt(span.Object, span.Offset, "%d bytes have CRC-32C %08x where %08x was stored", span.Length, sum, span.CRC)
	}
	return w.decode(s, by, span, stored)
}

func kindOf(object string) Kind {
	kind, _, _ := strings.Cut(object, "/")
	return Kind(kind)
}

// decode returns the content of a span whose encoded bytes are known to be good.
func (w *worker) decode(s *Store, by sealing, span Span, stored []byte) ([]byte, error) {
	kind, size := kindOf(span.Object), int(span.Size)
	if by.key != "" && kind == Vector {
		size = len(stored) // the catalog keeps no other size of a vector than the stored one
	}
	data, err := s.codec(kind).Open(stored, size, w.decoded)
	if err != nil {
		return nil, corrupt(span.Object, span.Offset, "%v", err)
	}
	if len(data) > 0 && len(stored) > 0 && &data[0] != &stored[0] {
		w.decoded = data // for the next item
	}
	return data, nil
}

// outlet lets one goroutine at a time call fn, and none after an error.
type outlet struct {
	mu   sync.Mutex
	fn   func(i int, data []byte) error
	shut error
}

func (o *outlet) hand(ctx context.Context, i int, data []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.shut == nil {
		o.shut = context.Cause(ctx)
	}
	if o.shut == nil {
		o.shut = o.fn(i, data)
	}
	return o.shut
}
