package blob_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/leatworks/leat/internal/seal"
	"github.com/leatworks/leat/pipeline/blob"
)

// ring is keys by id, of which the first of each domain seals.
type ring struct {
	newest map[string]blob.Key
	keys   map[string]blob.Key
	gone   map[string]bool // ids of keys that were destroyed
}

func (r *ring) Newest(_ context.Context, domain string) (blob.Key, error) {
	return r.newest[domain], nil
}

func (r *ring) Key(_ context.Context, id string) (blob.Key, error) {
	switch {
	case r.gone[id]:
		return nil, blob.ErrDestroyed
	case r.keys[id] == nil:
		return nil, blob.ErrSealed
	}
	return r.keys[id], nil
}

// idOf returns the id of the key that is made from a letter.
func idOf(letter string) string { return fmt.Sprintf("%08x", letter[0]) }

// sealer returns a sealer with keys that are made of a letter each. Before a colon a letter has its domain.
func sealer(tb testing.TB, letters ...string) *ring {
	tb.Helper()
	r := &ring{make(map[string]blob.Key), make(map[string]blob.Key), make(map[string]bool)}
	for _, letter := range letters {
		domain, letter, found := strings.Cut(letter, ":")
		if !found {
			domain, letter = "", domain
		}
		key, err := seal.NewPackKey(idOf(letter), domain, bytes.Repeat([]byte(letter), 32))
		if err != nil {
			tb.Fatal(err)
		}
		r.keys[key.ID()] = key
		if r.newest[domain] == nil {
			r.newest[domain] = key
		}
	}
	return r
}

// with opens the store of cfg with other keys.
func with(tb testing.TB, cfg blob.Config, letters ...string) *blob.Store {
	tb.Helper()
	if len(letters) > 0 {
		cfg.Sealer = sealer(tb, letters...)
	}
	return open(tb, cfg)
}

func TestSealedItemsAreReadByRange(t *testing.T) {
	cfg := config()
	store := with(t, cfg, "A")
	for _, kind := range []blob.Kind{blob.Text, blob.Vector} {
		items := [][]byte{[]byte("a secret text"), nil, bytes.Repeat([]byte("water "), 1000)}
		object, spans := put(t, store, kind, items...)
		if content := bare(t, cfg).get(object.Key); bytes.Contains(content, []byte("secret")) || blob.SealedBy(object.Key) != idOf("A") {
			t.Errorf("%s is not sealed", object.Key)
		}
		for i := range items {
			span := spans[i]
			if kind == blob.Vector {
				span.Size = span.Length // as the catalog has it
			}
			got, err := readAll(t, store, []blob.Span{span})
			if err != nil || !bytes.Equal(got[0], items[i]) {
				t.Errorf("%s %d: %q, %v", kind, i, got, err)
			}
		}
		if got, err := readAll(t, store, spans); err != nil || !bytes.Equal(got[2], items[2]) || !bytes.Equal(got[0], items[0]) {
			t.Errorf("%s: %v", kind, err)
		}
		if err := store.Check(t.Context(), object); err != nil {
			t.Error(err)
		}
	}
}

// A key may be replaced while others read: the old one opens, and the new one seals. Packs
// that were never sealed are readable too.
func TestAKeyIsReplaced(t *testing.T) {
	cfg := config()
	plain, one := open(t, cfg), with(t, cfg, "A")
	two := with(t, cfg, "B", "A")
	none, before := put(t, plain, blob.Text, []byte("open"))
	old, sealed := put(t, one, blob.Text, []byte("old"))
	now, newest := put(t, two, blob.Text, []byte("new"))
	for _, span := range []blob.Span{before[0], sealed[0], newest[0]} {
		if _, err := readAll(t, two, []blob.Span{span}); err != nil {
			t.Error(err)
		}
	}
	for key, want := range map[string]bool{none.Key: true, old.Key: true, now.Key: false} {
		for store, want := range map[*blob.Store]bool{two: want, plain: false} {
			if got, err := store.Outdated(t.Context(), key); err != nil || got != want {
				t.Errorf("%s: outdated is %t, %v, want %t", key, got, err, want)
			}
		}
	}
}

// Without the key nothing is read. Nothing counts as damaged either, or it would be written
// anew or given up.
func TestAMissingKeyIsNoDamage(t *testing.T) {
	cfg := config()
	object, spans := put(t, with(t, cfg, "A"), blob.Text, []byte("x"))
	for _, store := range []*blob.Store{open(t, cfg), with(t, cfg, "B")} {
		if _, err := readAll(t, store, spans); !errors.Is(err, blob.ErrSealed) || blob.IsDamage(err) || !strings.Contains(err.Error(), object.Key) {
			t.Errorf("%v, want that the key is missing", err)
		}
	}
}

// A frame that was moved, within its pack or into another, is refused with object and
// offset, even where the catalog has been changed to fit.
func TestAMovedFrameIsRefused(t *testing.T) {
	cfg := config()
	store, behind := with(t, cfg, "A"), bare(t, cfg)
	one, a := put(t, store, blob.Vector, []byte("first"), []byte("other"))
	two, b := put(t, store, blob.Vector, []byte("third"), []byte("forth"))
	refused := func(doing string, span blob.Span) {
		t.Helper()
		_, err := readAll(t, store, []blob.Span{span})
		if !errors.Is(err, blob.ErrCorrupt) || !strings.Contains(err.Error(), span.Object+" at offset") {
			t.Errorf("%s: %v, want that it is refused", doing, err)
		}
	}
	first, third := behind.get(one.Key), behind.get(two.Key)
	n := a[1].Offset
	behind.put(one.Key, append(bytes.Clone(first[n:]), first[:n]...))
	refused("moved within its pack", blob.Span{Object: one.Key, Offset: 0, Length: a[1].Length, Size: a[1].Size, CRC: a[1].CRC})
	behind.put(one.Key, third)
	refused("moved from another pack", blob.Span{Object: one.Key, Offset: 0, Length: b[0].Length, Size: b[0].Size, CRC: b[0].CRC})
}

// A frame that another tenant's key has sealed is refused with object and offset, also in a
// pack whose name says otherwise.
func TestAFrameOfAnotherDomainIsRefused(t *testing.T) {
	cfg := config()
	store, behind := with(t, cfg, "A", "acme.1:B"), bare(t, cfg)
	pack := store.NewPackIn("acme.1", blob.Text)
	if err := pack.Add([]byte("acme's text")); err != nil {
		t.Fatal(err)
	}
	theirs, spans, err := pack.Put(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if domain, err := store.Domain(t.Context(), theirs.Key); err != nil || domain != "acme.1" {
		t.Errorf("the domain is %q, %v", domain, err)
	}
	ours, _ := put(t, store, blob.Text, []byte("our text"))
	behind.put(ours.Key, behind.get(theirs.Key))
	moved := spans[0]
	moved.Object = ours.Key
	if _, err := readAll(t, store, []blob.Span{moved}); !errors.Is(err, blob.ErrCorrupt) || !strings.Contains(err.Error(), ours.Key+" at offset 0") {
		t.Errorf("%v, want that it is refused in our pack", err)
	}
	forged := strings.Replace(theirs.Key, idOf("B"), idOf("A"), 1)
	behind.put(forged, behind.get(theirs.Key))
	spans[0].Object = forged
	if _, err := readAll(t, store, spans); !errors.Is(err, blob.ErrCorrupt) || !strings.Contains(err.Error(), forged+" at offset 0") {
		t.Errorf("%v, want that it is refused", err)
	}
}

// Each flipped byte of a sealed frame is refused with object and offset, even where the
// catalog's checksum has been changed to fit.
func TestAFlippedByteIsRefused(t *testing.T) {
	cfg := config()
	store, behind := with(t, cfg, "A"), bare(t, cfg)
	object, spans := put(t, store, blob.Vector, []byte("first"), []byte("second"))
	whole, span := behind.get(object.Key), spans[1]
	for i := span.Offset; i < span.Offset+int64(span.Length); i++ {
		changed := bytes.Clone(whole)
		changed[i] ^= 1
		behind.put(object.Key, changed)
		fit := span
		fit.CRC = crc32.Checksum(changed[span.Offset:span.Offset+int64(span.Length)], crc32.MakeTable(crc32.Castagnoli))
		for _, s := range []blob.Span{span, fit} {
			_, err := readAll(t, store, []blob.Span{s})
			if want := fmt.Sprintf("%s at offset %d", object.Key, span.Offset); !errors.Is(err, blob.ErrCorrupt) || !strings.Contains(err.Error(), want) {
				t.Fatalf("byte %d: %v, want that it is refused", i, err)
			}
		}
	}
}

// A wrong key, with another secret under the right id, opens nothing.
func TestAWrongKeyIsRefused(t *testing.T) {
	cfg := config()
	object, spans := put(t, with(t, cfg, "A"), blob.Text, []byte("x"))
	wrong := sealer(t, "B")
	wrong.keys[idOf("A")] = wrong.keys[idOf("B")]
	cfg.Sealer = wrong
	if _, err := readAll(t, open(t, cfg), spans); !errors.Is(err, blob.ErrCorrupt) || !strings.Contains(err.Error(), object.Key+" at offset 0") {
		t.Errorf("%v, want that it is refused", err)
	}
}

// A pack that a destroyed key has sealed is lost but not damaged, whether its object is there
// or not.
func TestADestroyedKeyIsNoDamage(t *testing.T) {
	cfg := config()
	object, spans := put(t, with(t, cfg, "A"), blob.Text, []byte("x"))
	keys := sealer(t, "B")
	keys.gone[idOf("A")] = true
	cfg.Sealer = keys
	store := open(t, cfg)
	for range 2 {
		for _, read := range []interface {
			Read(context.Context, []blob.Span, func(int, []byte) error) error
		}{store, blob.NewCache(store, blob.DefaultCacheBytes)} {
			err := read.Read(t.Context(), spans, func(int, []byte) error { return nil })
			if !errors.Is(err, blob.ErrDestroyed) || blob.IsDamage(err) || !strings.Contains(err.Error(), object.Key) {
				t.Errorf("%v, want that the key was destroyed", err)
			}
		}
		if err := store.Delete(t.Context(), object.Key); err != nil {
			t.Fatal(err)
		}
	}
	if old, err := store.Outdated(t.Context(), object.Key); old || err != nil {
		t.Errorf("outdated is %t, %v", old, err)
	}
}

// Sealed items are opened while the rest of their range arrives. A connection that breaks meanwhile has the range read
// again, and an item that is asked for twice is given twice.
func TestSealedItemsAreOpenedAsTheyArrive(t *testing.T) {
	cfg := config()
	p := through(t, &cfg)
	store := with(t, cfg, "A")
	var items [][]byte
	for i := range 100 {
		items = append(items, bytes.Repeat([]byte{byte(i)}, 15_000+i))
	}
	_, spans := put(t, store, blob.Vector, items...)
	items, spans = append(items, items[7], items[99]), append(spans, spans[7], spans[99])
	for _, n := range []int{0, 1, 15_000, 1 << 20, 1_200_000} {
		var once sync.Once
		p.when(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			once.Do(func() { cutAfter(n)(w, r, next) })
			next.ServeHTTP(w, r)
		})
		before := p.gets.Load()
		got, err := readAll(t, store, spans)
		if err != nil || p.gets.Load() != before+2 {
			t.Fatalf("cut after %d bytes: %d GETs, %v", n, p.gets.Load()-before, err)
		}
		for i := range items {
			if !bytes.Equal(got[i], items[i]) {
				t.Errorf("cut after %d bytes: item %d is wrong", n, i)
			}
		}
	}
}

// The items before a damaged one are given, as they are of packs that are not sealed. A span of no bytes is damage.
func TestADamagedItemStopsTheRead(t *testing.T) {
	cfg := config()
	store, behind := with(t, cfg, "A"), bare(t, cfg)
	object, spans := put(t, store, blob.Vector, []byte("first"), []byte("second"), []byte("third"))
	content := behind.get(object.Key)
	content[spans[1].Offset] ^= 1
	behind.put(object.Key, content)
	empty := spans[0]
	empty.Length = 0
	for _, c := range []struct {
		spans []blob.Span
		given []int
		at    int64
	}{
		{spans, []int{0}, spans[1].Offset},
		{[]blob.Span{empty}, nil, 0},
		{[]blob.Span{empty, spans[0]}, nil, 0},
	} {
		var given []int
		err := store.Read(t.Context(), c.spans, func(i int, _ []byte) error {
			given = append(given, i)
			return nil
		})
		if want := fmt.Sprintf("%s at offset %d", object.Key, c.at); !errors.Is(err, blob.ErrCorrupt) || !strings.Contains(err.Error(), want) || !slices.Equal(given, c.given) {
			t.Errorf("%v: %v was given, then %v", c.spans, given, err)
		}
	}
}
