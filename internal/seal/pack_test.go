package seal_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"

	"github.com/leatworks/leat/internal/seal"
)

// Earlier packs were sealed by tink, so its form is kept, in both directions.
func TestItemsHaveTheFormOfTink(t *testing.T) {
	id, raw := seal.RandomPackKey()
	own, err := seal.NewPackKey(id, "", raw)
	if err != nil {
		t.Fatal(err)
	}
	other, err := subtle.NewAESGCM(raw)
	if err != nil {
		t.Fatal(err)
	}
	item, place := []byte("an item"), []byte("its place")
	sealed, err := own.Seal(nil, item, place)
	if err != nil {
		t.Fatal(err)
	}
	if opened, err := other.Decrypt(sealed, place); err != nil || !bytes.Equal(opened, item) {
		t.Errorf("tink opens %q, %v", opened, err)
	}
	if sealed, err = other.Encrypt(item, place); err != nil {
		t.Fatal(err)
	}
	if opened, err := own.Open(nil, sealed, place); err != nil || !bytes.Equal(opened, item) {
		t.Errorf("tink's is opened as %q, %v", opened, err)
	}
	if _, err := own.Open(nil, sealed, []byte("another")); err == nil {
		t.Error("tink's opens at another place")
	}
}

// A wrapped key opens only for its purpose, and only with the key that wrapped it.
func TestWrap(t *testing.T) {
	a, b := seal.NewKey(), seal.NewKey()
	ring := ringOf(t, a)
	wrapped, by, err := ring.Wrap(t.Context(), []byte("a key of packs"), "p")
	if err != nil || bytes.Contains(wrapped, []byte("key")) {
		t.Fatalf("%q, %v", wrapped, err)
	}
	if key, err := ringOf(t, b+"\n"+a).Unwrap(t.Context(), wrapped, by, "p"); err != nil || string(key) != "a key of packs" {
		t.Errorf("%q, %v", key, err)
	}
	if _, err := ring.Unwrap(t.Context(), wrapped, by, "q"); err == nil {
		t.Error("it opens for another purpose")
	}
	if _, err := ringOf(t, b).Unwrap(t.Context(), wrapped, by, "p"); !errors.Is(err, seal.ErrNoWrapper) {
		t.Errorf("without the key: %v", err)
	}
}

func ringOf(t *testing.T, keys string) *seal.Ring {
	t.Helper()
	ring, err := seal.NewRing(func() (string, error) { return keys, nil })
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// Keys of a file are read again. A failed reading changes nothing.
func TestRingIsReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		text, fails := seal.NewKey(), error(nil)
		ring, err := seal.NewRing(func() (string, error) { return text, fails })
		if err != nil {
			t.Fatal(err)
		}
		name := func() string {
			id, err := ring.Newest(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		first := name()
		text = seal.NewKey() + "," + text
		if name() != first {
			t.Error("the keys were read again at once")
		}
		time.Sleep(time.Minute)
		second := name()
		if second == first || ring.Direct(first) == nil {
			t.Error("the new key does not wrap, or the old one is gone")
		}
		for _, broken := range []string{"", "short"} {
			text = broken
			time.Sleep(time.Minute)
			if name() != second {
				t.Errorf("%q took the keys away", broken)
			}
		}
		fails = errors.New("no such file")
		time.Sleep(time.Minute)
		if name() != second {
			t.Error("a file that cannot be read took the keys away")
		}
	})
}

func TestWrongKeysOfPacks(t *testing.T) {
	if ring, err := seal.NewRing(func() (string, error) { return " \n", nil }); ring != nil || err != nil {
		t.Errorf("no key: %v, %v", ring, err)
	}
	for _, bad := range []string{"short", "c2hvcnQ=", strings.Repeat("A", 64), seal.NewKey() + ",secretkey"} {
		if _, err := seal.NewRing(func() (string, error) { return bad, nil }); err == nil || strings.Contains(err.Error(), "short") || strings.Contains(err.Error(), "secretkey") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := seal.NewPackKey("id", "", []byte("short")); err == nil {
		t.Error("a short key of packs is taken")
	}
}
