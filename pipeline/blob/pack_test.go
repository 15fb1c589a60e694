package blob_test

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/blob"
)

func TestServerRefusesBytesDamagedOnTheWay(t *testing.T) {
	cfg := config()
	p := through(t, &cfg)
	store := open(t, cfg)
	pack := store.NewPack(blob.Text)
	if err := pack.Add(item(1)); err != nil {
		t.Fatal(err)
	}
	p.when(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method == http.MethodPut {
			body, _ := io.ReadAll(r.Body)
			body[len(body)/2] ^= 1
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		next.ServeHTTP(w, r)
	})
	if object, _, err := pack.Put(t.Context()); err == nil {
		t.Fatalf("put %s", object.Key)
	}
	for entry, err := range store.List(t.Context(), "") {
		t.Errorf("listed %s, %v", entry.Key, err)
	}
	p.when(func(w http.ResponseWriter, r *http.Request, next http.Handler) { next.ServeHTTP(w, r) })
	object, _, err := pack.Put(t.Context()) // the pack is as good as before
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Check(t.Context(), object); err != nil {
		t.Error(err)
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
