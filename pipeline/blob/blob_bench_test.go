package blob_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/minio/minio-go/v7"

	"github.com/leatworks/leat/pipeline/blob"
)

// sources are files of some KiB, as much as fills a pack or two.
func sources() ([][]byte, int64) {
	var items [][]byte
	size := int64(0)
	for i := range 4000 {
		items = append(items, item(i))
		size += int64(len(items[i]))
	}
	return items, size
}

func fill(b *testing.B, store *blob.Store, kind blob.Kind, items [][]byte) *blob.Pack {
	pack := store.NewPack(kind)
	for _, data := range items {
		if err := pack.Add(data); err != nil {
			b.Fatal(err)
		}
	}
	return pack
}

func BenchmarkPut(b *testing.B) {
	items, size := sources()
	for _, kind := range []blob.Kind{blob.Text, blob.Vector} {
		b.Run(string(kind), func(b *testing.B) {
			store := open(b, config())
			b.SetBytes(size)
			for b.Loop() {
				if _, _, err := fill(b, store, kind, items).Put(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRead(b *testing.B) {
	items, size := sources()
	for _, kind := range []blob.Kind{blob.Text, blob.Vector} {
		store := open(b, config())
		_, spans, err := fill(b, store, kind, items).Put(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		shuffled := make([]blob.Span, len(spans))
		for at, i := range rand.New(rand.NewPCG(1, 1)).Perm(len(spans)) {
			shuffled[at] = spans[i]
		}
		b.Run(string(kind), func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				if err := store.Read(b.Context(), shuffled, func(int, []byte) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkFloor is what the bare client needs for one object with the same
// content, unchecked.
func BenchmarkFloor(b *testing.B) {
	items, _ := sources()
	body := bytes.Join(items, nil)
	cfg := config()
	open(b, cfg)
	behind := bare(b, cfg)
	b.Run("put", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			behind.put("floor", body)
		}
	})
	b.Run("get", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			r, _, _, err := behind.client.GetObject(b.Context(), behind.bucket, behind.prefix+"floor", minio.GetObjectOptions{})
			if err != nil {
				b.Fatal(err)
			}
			if n, err := io.Copy(io.Discard, r); err != nil || n != int64(len(body)) {
				b.Fatal(fmt.Errorf("%d bytes, %w", n, err))
			}
			r.Close()
		}
	})
}
