package blob_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/leatworks/leat/pipeline/blob"
)

// noise returns items that do not compress, of up to most bytes each.
func noise(n, most int) [][]byte {
	random := rand.New(rand.NewPCG(1, 2))
	items := make([][]byte, n)
	for i := range items {
		items[i] = make([]byte, 1+random.IntN(most))
		for j := range items[i] {
			items[i][j] = byte(random.Uint32())
		}
	}
	return items
}

// wantItems reads the spans and compares them with the items.
func wantItems(t *testing.T, cache *blob.Cache, spans []blob.Span, items [][]byte) {
	t.Helper()
	seen := 0
	err := cache.Read(t.Context(), spans, func(i int, data []byte) error {
		seen++
		if !bytes.Equal(data, items[i]) {
			t.Errorf("span %d has %d bytes, want %d others", i, len(data), len(items[i]))
		}
		return nil
	})
	if err != nil || seen != len(items) {
		t.Fatalf("read %d items, %v; want %d", seen, err, len(items))
	}
}

func TestCacheReadsAPageOnce(t *testing.T) {
	cfg := config()
	p := through(t, &cfg)
	store := open(t, cfg)
	items := noise(100, 20<<10) // about a MiB
	_, spans := put(t, store, blob.Text, items...)
	large := noise(1, 1)
	large[0] = bytes.Repeat(noise(1, 300<<10)[0], 2)
	_, more := put(t, store, blob.Vector, large...)

	cache := blob.NewCache(store, 4<<20)
	wantItems(t, cache, spans, items)
	first := p.gets.Load()
	if first > 10 {
		t.Errorf("%d GETs of a MiB", first)
	}
	wantItems(t, cache, spans, items)
	if again := p.gets.Load(); again != first {
		t.Errorf("%d GETs for what has been read", again-first)
	}
	wantItems(t, cache, more, large)
	wantItems(t, cache, more, large)
	if gets := p.gets.Load() - first; gets < 2 {
		t.Errorf("%d GETs for a large item read twice: it has taken the place of many", gets)
	}

	small := blob.NewCache(store, 256<<10) // two pages
	for range 2 {
		wantItems(t, small, spans, items)
	}
	none := blob.NewCache(store, 0)
	wantItems(t, none, spans, items)
	if err := none.Read(t.Context(), nil, nil); err != nil {
		t.Error(err)
	}
}

func TestCacheKeepsManySmallPacks(t *testing.T) {
	cfg := config()
	p := through(t, &cfg)
	store := open(t, cfg)
	items := noise(20, 4<<10)
	var spans []blob.Span
	for _, item := range items {
		_, one := put(t, store, blob.Text, item)
		spans = append(spans, one...)
	}
	cache := blob.NewCache(store, 256<<10) // two full pages
	for range 2 {
		for i := range spans {
			wantItems(t, cache, spans[i:i+1], items[i:i+1])
		}
		if gets := p.gets.Load(); gets != 20 {
			t.Errorf("%d GETs for 20 packs of up to 4 KiB, want 20", gets)
		}
	}
}

func TestCacheOfManyReaders(t *testing.T) {
	cfg := config()
	p := through(t, &cfg)
	store := open(t, cfg)
	items := noise(60, 20<<10)
	_, spans := put(t, store, blob.Text, items...)
	cache := blob.NewCache(store, 4<<20)
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() { wantItems(t, cache, spans, items) })
	}
	readers.Wait()
	if gets := p.gets.Load(); gets > 10 {
		t.Errorf("%d GETs: pages were read more than once", gets)
	}
}

// TestCacheHidesNoDamage reads spans whose object is gone, cut off or changed, and spans
// that are damaged themselves.
func TestCacheHidesNoDamage(t *testing.T) {
	cfg := config()
	store := open(t, cfg)
	s3 := bare(t, cfg)
	items := noise(20, 20<<10)
	object, spans := put(t, store, blob.Text, items...)
	whole := s3.get(object.Key)
	wrong := spans[3]
	wrong.CRC++
	for name, c := range map[string]struct {
		body []byte
		span blob.Span
		want error
	}{
		"cut off":         {whole[:spans[10].Offset+1], spans[10], blob.ErrCorrupt},
		"cut off before":  {whole[:10], spans[19], blob.ErrCorrupt},
		"changed":         {append([]byte{whole[0] ^ 1}, whole[1:]...), spans[0], blob.ErrCorrupt},
		"wrong checksum":  {whole, wrong, blob.ErrCorrupt},
		"of no pack":      {whole, blob.Span{Object: "x"}, blob.ErrCorrupt},
		"of another pack": {whole, blob.Span{Object: "text/" + string(bytes.Repeat([]byte("0"), 64)) + ".pack", Length: 9, Size: 9}, blob.ErrMissing},
	} {
		s3.put(object.Key, c.body)
		cache := blob.NewCache(store, 4<<20)
		err := cache.Read(t.Context(), []blob.Span{c.span}, func(int, []byte) error { return nil })
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	// A page that was damaged on its way is read again.
	s3.put(object.Key, whole)
	through := through(t, &cfg)
	meddled := false
	meddle := func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Header.Get("Range") != "" && !meddled {
			meddled = true
			next.ServeHTTP(flipper{w}, r)
			return
		}
		next.ServeHTTP(w, r)
	}
	through.meddle.Store(&meddle)
	wantItems(t, blob.NewCache(open(t, cfg), 4<<20), spans[:1], items[:1])
	if !meddled {
		t.Error("nothing was damaged")
	}
}

// flipper changes the first byte of each write.
type flipper struct{ http.ResponseWriter }

func (f flipper) Write(data []byte) (int, error) {
	changed := bytes.Clone(data)
	changed[0] ^= 1
	return f.ResponseWriter.Write(changed)
}

// TestCacheSurvivesTheEndOfAReader ends the reader that reads a page for another.
func TestCacheSurvivesTheEndOfAReader(t *testing.T) {
	cfg := config()
	p := through(t, &cfg)
	store := open(t, cfg)
	items := noise(1, 1<<10)
	_, spans := put(t, store, blob.Text, items...)
	asked, again := make(chan struct{}, 8), make(chan struct{})
	meddle := func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Header.Get("Range") != "" {
			asked <- struct{}{}
			select {
			case <-again:
			case <-r.Context().Done():
				return
			}
		}
		next.ServeHTTP(w, r)
	}
	p.meddle.Store(&meddle)
	cache := blob.NewCache(store, 4<<20)
	ctx, cancel := context.WithCancel(t.Context())
	var reading sync.WaitGroup
	reading.Go(func() {
		if err := cache.Read(ctx, spans, func(int, []byte) error { return nil }); err == nil {
			t.Error("the reader that has ended got an answer")
		}
	})
	<-asked
	reading.Go(func() { wantItems(t, cache, spans, items) })
	cancel()
	select {
	case <-asked: // by the second reader
	case <-time.After(time.Minute):
		t.Error("the second reader has not asked")
	}
	close(again)
	reading.Wait()
}
