package blob_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/leatworks/leat/pipeline/blob"
)

// masked is a codec like one that encrypts: its stored bytes differ from the item's, are longer, and need memory of
// their own to open.
type masked struct{ blob.Codec }

var errKey = errors.New("another key")

func (m masked) Append(dst, item []byte) ([]byte, error) {
	start := len(dst)
	dst, err := m.Codec.Append(append(dst, 'k'), item)
	for i := range dst[start+1:] {
		dst[start+1+i] ^= 0xa5
	}
	return dst, err
}

func (m masked) Open(stored []byte, size int, buf []byte) ([]byte, error) {
	if len(stored) == 0 || stored[0] != 'k' {
		return nil, errKey
	}
	plain := make([]byte, len(stored)-1)
	for i := range plain {
		plain[i] = stored[1+i] ^ 0xa5
	}
	return m.Codec.Open(plain, size, buf)
}

func TestACodecWrapsEachItem(t *testing.T) {
	cfg := config()
	bare := open(t, cfg)
	cfg.Codec = func(_ blob.Kind, c blob.Codec) blob.Codec { return masked{c} }
	store := open(t, cfg)
	for _, kind := range []blob.Kind{blob.Text, blob.Vector} {
		pack := store.NewPack(kind)
		for i := range 20 {
			if err := pack.Add(item(i)); err != nil {
				t.Fatal(err)
			}
		}
		_, spans, err := pack.Put(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		read := 0
		err = store.Read(t.Context(), spans, func(i int, data []byte) error {
			if read++; !bytes.Equal(data, item(i)) {
				t.Errorf("%s: item %d has other content", kind, i)
			}
			return nil
		})
		if err != nil || read != len(spans) {
			t.Errorf("%s: %d items were read: %v", kind, read, err)
		}
		err = bare.Read(t.Context(), spans, func(int, []byte) error { return nil })
		if !errors.Is(err, blob.ErrCorrupt) {
			t.Errorf("%s: without its codec: %v, want %v", kind, err, blob.ErrCorrupt)
		}
		plain := bare.NewPack(kind)
		if err := plain.Add(item(1)); err != nil {
			t.Fatal(err)
		}
		if _, spans, err = plain.Put(t.Context()); err != nil {
			t.Fatal(err)
		}
		err = store.Read(t.Context(), spans, func(int, []byte) error { return nil })
		if !errors.Is(err, blob.ErrCorrupt) {
			t.Errorf("%s: a pack without the codec: %v, want %v", kind, err, blob.ErrCorrupt)
		}
	}
}
