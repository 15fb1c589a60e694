package blob_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/seal"
	"github.com/leatworks/leat/pipeline/blob"
)

// sealer returns a sealer with keys that are made of a letter each.
func sealer(tb testing.TB, letters ...string) *seal.Packs {
	tb.Helper()
	var keys []string
	for _, letter := range letters {
		keys = append(keys, strings.Repeat(letter, 43)+"=")
	}
	packs, err := seal.NewPacks(strings.Join(keys, ","))
	if err != nil {
		tb.Fatal(err)
	}
	return packs
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
		if content := bare(t, cfg).get(object.Key); bytes.Contains(content, []byte("secret")) || blob.SealedBy(object.Key) != sealer(t, "A").Key() {
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

// A key may be replaced while others read: the old one opens, the new one seals. Packs
// that were never sealed are read, too.
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
		if two.Outdated(key) != want || plain.Outdated(key) {
			t.Errorf("%s: outdated is not %t", key, want)
		}
	}
}

// Without the key nothing is read, and nothing counts as damaged, which would have it
// written anew or given up.
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
