package blob_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/blob"
)

// item makes the i-th item: text that compresses, of a size that varies from
// nothing to a KiB or two.
func item(i int) []byte {
	rng := rand.New(rand.NewPCG(uint64(i), 1))
	var b bytes.Buffer
	for range rng.IntN(40) {
		fmt.Fprintf(&b, "func name%d(ctx context.Context) error { return %d }\n", rng.IntN(1000), i)
	}
	return b.Bytes()
}

func put(tb testing.TB, store *blob.Store, kind blob.Kind, items ...[]byte) (blob.Object, []blob.Span) {
	tb.Helper()
	pack := store.NewPack(kind)
	for _, data := range items {
		if err := pack.Add(data); err != nil {
			tb.Fatal(err)
		}
	}
	object, spans, err := pack.Put(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return object, spans
}

// readAll reads the spans and returns their contents in order.
func readAll(tb testing.TB, store *blob.Store, spans []blob.Span) ([][]byte, error) {
	tb.Helper()
	got := make([][]byte, len(spans))
	err := store.Read(tb.Context(), spans, func(i int, data []byte) error {
		if got[i] != nil {
			tb.Errorf("span %d was handed out twice", i)
		}
		got[i] = append([]byte{}, data...)
		return nil
	})
	return got, err
}

func TestRoundTrip(t *testing.T) {
	for _, kind := range []blob.Kind{blob.Text, blob.Vector} {
		t.Run(string(kind), func(t *testing.T) {
			cfg := config()
			cfg.PackBytes = 64 << 10
			store := open(t, cfg)
			var spans []blob.Span
			var want [][]byte
			pack, packs := store.NewPack(kind), 0
			flush := func() {
				object, added, err := pack.Put(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if err := store.Check(t.Context(), object); err != nil {
					t.Error(err)
				}
				spans = append(spans, added...)
				pack, packs = store.NewPack(kind), packs+1
			}
			for i := range 3000 {
				want = append(want, item(i))
				if err := pack.Add(want[i]); err != nil {
					t.Fatal(err)
				}
				if pack.Full() {
					flush()
				}
			}
			flush()
			if packs < 4 {
				t.Fatalf("%d packs; too few to prove anything", packs)
			}
			// Any order, and some twice.
			order := rand.New(rand.NewPCG(7, 7)).Perm(len(spans))
			order = append(order, order[:100]...)
			asked := make([]blob.Span, len(order))
			for at, i := range order {
				asked[at] = spans[i]
			}
			got, err := readAll(t, store, asked)
			if err != nil {
				t.Fatal(err)
			}
			for at, i := range order {
				if !bytes.Equal(got[at], want[i]) {
					t.Fatalf("item %d: %d bytes, want %d", i, len(got[at]), len(want[i]))
				}
			}
		})
	}
}

func TestPutAgainIsTheSameObject(t *testing.T) {
	store := open(t, config())
	objects := make([]blob.Object, 8)
	var wg sync.WaitGroup
	for i := range objects {
		wg.Go(func() {
			pack := store.NewPack(blob.Text)
			for n := range 20 {
				if err := pack.Add(item(n)); err != nil {
					t.Error(err)
				}
			}
			var err error
			if objects[i], _, err = pack.Put(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, object := range objects[1:] {
		if object != objects[0] {
			t.Errorf("put %+v, then %+v", objects[0], object)
		}
	}
	var listed []blob.Entry
	for entry, err := range store.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, entry)
	}
	if len(listed) != 1 || listed[0].Object != objects[0] || listed[0].Foreign || listed[0].Modified.IsZero() {
		t.Errorf("listed %+v, want %+v alone", listed, objects[0])
	}
}

func TestEmptyPackIsRefused(t *testing.T) {
	if _, _, err := open(t, config()).NewPack(blob.Text).Put(t.Context()); err == nil {
		t.Error("a pack of no items was put")
	}
}

func TestItemOverTheLimitIsRefused(t *testing.T) {
	pack := open(t, config()).NewPack(blob.Vector)
	err := pack.Add(make([]byte, blob.MaxSize+1))
	if kind, _ := fault.Of(err); err == nil || kind != fault.KindReject {
		t.Errorf("got %v, want a rejection", err)
	}
	if pack.Count() != 0 {
		t.Error("the item was counted")
	}
}

func TestEveryFlippedByteIsFound(t *testing.T) {
	cfg := config()
	store, behind := open(t, cfg), bare(t, cfg)
	for _, kind := range []blob.Kind{blob.Text, blob.Vector} {
		object, spans := put(t, store, kind, []byte("package a\n\nfunc A() {}\n"), nil, bytes.Repeat([]byte("b"), 60), []byte("c"))
		good := behind.get(object.Key)
		for at := range good {
			bad := bytes.Clone(good)
			bad[at] ^= 1 << (at % 8)
			behind.put(object.Key, bad)
			if err := store.Check(t.Context(), object); !errors.Is(err, blob.ErrCorrupt) {
				t.Errorf("%s byte %d: check: %v", kind, at, err)
			}
			for i, span := range spans {
				_, err := readAll(t, store, spans[i:i+1])
				within := int64(at) >= span.Offset && int64(at) < span.Offset+int64(span.Length)
				if within != errors.Is(err, blob.ErrCorrupt) || !within && err != nil {
					t.Errorf("%s byte %d, item %d: %v", kind, at, i, err)
				}
				if within && !strings.Contains(err.Error(), fmt.Sprintf("%s at offset %d", object.Key, span.Offset)) {
					t.Errorf("the error names no place: %v", err)
				}
			}
		}
		// Putting the same pack again mends it.
		put(t, store, kind, []byte("package a\n\nfunc A() {}\n"), nil, bytes.Repeat([]byte("b"), 60), []byte("c"))
		if err := store.Check(t.Context(), object); err != nil {
			t.Errorf("after mending: %v", err)
		}
	}
}

func TestTruncatedObject(t *testing.T) {
	cfg := config()
	store, behind := open(t, cfg), bare(t, cfg)
	object, spans := put(t, store, blob.Vector, []byte("first"), []byte("second"))
	for _, size := range []int{8, 5, 2, 0} {
		behind.put(object.Key, []byte("firstsecond")[:size])
		if _, err := readAll(t, store, spans[1:]); !errors.Is(err, blob.ErrCorrupt) || !strings.Contains(err.Error(), object.Key+" at offset 5") {
			t.Errorf("cut to %d bytes: %v", size, err)
		}
		if err := store.Check(t.Context(), object); !errors.Is(err, blob.ErrCorrupt) {
			t.Errorf("check, cut to %d bytes: %v", size, err)
		}
	}
}

func TestMissingObject(t *testing.T) {
	store := open(t, config())
	object, spans := put(t, store, blob.Text, item(1), item(2))
	for range 2 { // the second finds nothing, which is what it wanted
		if err := store.Delete(t.Context(), object.Key); err != nil {
			t.Fatal(err)
		}
	}
	_, err := readAll(t, store, spans)
	if !errors.Is(err, blob.ErrMissing) || !strings.Contains(err.Error(), object.Key) {
		t.Errorf("read: %v", err)
	}
	if err := store.Check(t.Context(), object); !errors.Is(err, blob.ErrMissing) || !strings.Contains(err.Error(), object.Key) {
		t.Errorf("check: %v", err)
	}
}

func TestWrongSpansAreRefused(t *testing.T) {
	store := open(t, config())
	_, spans := put(t, store, blob.Text, item(1), item(2))
	change := map[string]func(*blob.Span){
		"no object":         func(s *blob.Span) { s.Object = "" },
		"a path":            func(s *blob.Span) { s.Object = "../" + s.Object },
		"negative offset":   func(s *blob.Span) { s.Offset = -1 },
		"negative length":   func(s *blob.Span) { s.Length = -1 },
		"past the end":      func(s *blob.Span) { s.Offset = 1<<63 - 1 },
		"beyond the object": func(s *blob.Span) { s.Offset += 1 << 20 },
		"shifted":           func(s *blob.Span) { s.Offset++ },
		"another size":      func(s *blob.Span) { s.Size++ },
		"a huge size":       func(s *blob.Span) { s.Size = blob.MaxSize + 1 },
		"negative size":     func(s *blob.Span) { s.Size = -1 },
	}
	for name, damage := range change {
		span := spans[0]
		damage(&span)
		if _, err := readAll(t, store, []blob.Span{span}); !errors.Is(err, blob.ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadStopsAtTheCallersError(t *testing.T) {
	store := open(t, config())
	var spans []blob.Span
	for i := range 12 { // as many objects, so that all readers are busy
		_, added := put(t, store, blob.Text, item(i), item(i+100))
		spans = append(spans, added...)
	}
	stop := errors.New("enough")
	calls := 0
	err := store.Read(t.Context(), spans, func(int, []byte) error {
		calls++
		if calls == 3 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || calls != 3 {
		t.Errorf("got %v after %d calls, want %v after 3", err, calls, stop)
	}
}

func TestCancelledRead(t *testing.T) {
	store := open(t, config())
	var spans []blob.Span
	for i := range 12 {
		_, added := put(t, store, blob.Text, item(i), item(i+100))
		spans = append(spans, added...)
	}
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	err := store.Read(ctx, spans, func(int, []byte) error {
		calls++
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) || calls != 1 {
		t.Errorf("got %v after %d calls", err, calls)
	}
}

func TestListGoesPageByPage(t *testing.T) {
	cfg := config()
	store, behind := open(t, cfg), bare(t, cfg)
	var want []string
	for i := range 1003 {
		object, _ := put(t, store, blob.Vector, []byte{byte(i), byte(i >> 8), 1})
		want = append(want, object.Key)
	}
	behind.put("notes", []byte("mine"))
	behind.put("text/README", []byte("mine too"))
	want = append(want, "notes", "text/README")
	slices.Sort(want)

	var got []string
	for entry, err := range store.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, entry.Key)
		if foreign := !strings.HasSuffix(entry.Key, ".pack"); entry.Foreign != foreign {
			t.Errorf("%s: foreign is %v", entry.Key, entry.Foreign)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("listed %d keys, want %d", len(got), len(want))
	}

	var rest []string
	for entry, err := range store.List(t.Context(), want[990]) {
		if err != nil {
			t.Fatal(err)
		}
		rest = append(rest, entry.Key)
	}
	if !slices.Equal(rest, want[991:]) {
		t.Errorf("listed %d keys after the 991st, want %d", len(rest), len(want[991:]))
	}
}

func TestForeignObjectsAreNotDeleted(t *testing.T) {
	cfg := config()
	store, behind := open(t, cfg), bare(t, cfg)
	behind.put("notes", []byte("mine"))
	for _, key := range []string{"notes", "../notes", "text/", ""} {
		if err := store.Delete(t.Context(), key); err == nil {
			t.Errorf("delete %q: no error", key)
		}
	}
	if string(behind.get("notes")) != "mine" {
		t.Error("the object is gone")
	}
}
