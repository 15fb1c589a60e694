package blob_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/minio/minio-go/v7"

	"github.com/leatworks/leat/pipeline/blob"
)

// sources returns small files, enough to fill a pack or two, and their size in bytes.
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

// BenchmarkWrite fills a pack and writes it, to the S3 server of the tests and to a server that discards the body. The
// second leaves the time of the writer itself.
func BenchmarkWrite(b *testing.B) {
	items, size := sources()
	for name, store := range map[string]*blob.Store{"s3": open(b, config()), "s3-sealed": with(b, config(), "A"), "discard": discard(b), "discard-sealed": discard(b, "A")} {
		for _, kind := range []blob.Kind{blob.Text, blob.Vector} {
			b.Run(name+"/"+string(kind), func(b *testing.B) {
				b.SetBytes(size)
				b.ReportAllocs()
				for b.Loop() {
					pack := fill(b, store, kind, items)
					err := pack.Write(b.Context(), errGone, func(ctx context.Context) error {
						_, _, err := pack.Put(ctx)
						return err
					})
					if err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// discard returns a store whose server answers every request with success and keeps no object.
func discard(tb testing.TB, keys ...string) *blob.Store {
	tb.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("ETag", `"0"`)
	}))
	tb.Cleanup(server.Close)
	return with(tb, blob.Config{URL: server.URL + "/bucket", AccessKey: "key", SecretKey: "secret"}, keys...)
}

func BenchmarkRead(b *testing.B) {
	items, size := sources()
	for name, keys := range map[string][]string{"": nil, "-sealed": {"A"}} {
		for _, kind := range []blob.Kind{blob.Text, blob.Vector} {
			benchRead(b, string(kind)+name, kind, with(b, config(), keys...), items, size)
		}
	}
}

func benchRead(b *testing.B, name string, kind blob.Kind, store *blob.Store, items [][]byte, size int64) {
	_, spans, err := fill(b, store, kind, items).Put(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	shuffled := make([]blob.Span, len(spans))
	for at, i := range rand.New(rand.NewPCG(1, 1)).Perm(len(spans)) {
		shuffled[at] = spans[i]
	}
	b.Run(name, func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			if err := store.Read(b.Context(), shuffled, func(int, []byte) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkFloor measures the bare client with one object of the same content, unchecked.
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
