package blob_test

import (
	"bytes"
	"fmt"
	"sync"
	"testing"

	"github.com/leatworks/leat/pipeline/blob"
)

func TestStoreIsSafeForConcurrentUse(t *testing.T) {
	store := open(t, config())
	var wg sync.WaitGroup
	for n := range 6 {
		wg.Go(func() {
			pack := store.NewPack(blob.Text)
			for i := range 30 {
				if err := pack.Add(item(n*100 + i)); err != nil {
					t.Error(err)
				}
			}
			_, spans, err := pack.Put(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			err = store.Read(t.Context(), spans, func(i int, data []byte) error {
				if !bytes.Equal(data, item(n*100+i)) {
					return fmt.Errorf("item %d of pack %d differs", i, n)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
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
