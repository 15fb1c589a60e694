package blob_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/leatworks/leat/pipeline/blob"
)

// item returns the i-th item: text that compresses, of zero bytes to about two KiB.
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
