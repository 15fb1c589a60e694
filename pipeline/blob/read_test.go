package blob_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/pipeline/blob"
)

func TestNeighboursAreReadTogether(t *testing.T) {
	cfg := config()
	p := through(t, &cfg)
	store := open(t, cfg)
	small := bytes.Repeat([]byte("s"), 1<<10)
	gap := bytes.Repeat([]byte("g"), 64<<10)
	large := bytes.Repeat([]byte("L"), 1<<20)
	huge := bytes.Repeat([]byte("H"), 9<<20)
	pick := func(spans []blob.Span, at ...int) []blob.Span {
		var picked []blob.Span
		for _, i := range at {
			picked = append(picked, spans[i])
		}
		return picked
	}
	many := func(n int, data []byte) [][]byte {
		items := make([][]byte, n)
		for i := range items {
			items[i] = data
		}
		return items
	}
	_, thousand := put(t, store, blob.Vector, many(1000, small)...)
	_, gaps := put(t, store, blob.Vector, small, gap, small, gap, []byte("x"), small)
	_, larges := put(t, store, blob.Vector, many(20, large)...)
	_, huges := put(t, store, blob.Vector, small, huge, small)
	for _, c := range []struct {
		name  string
		spans []blob.Span
		gets  int64
	}{
		{"a thousand neighbours", thousand, 1},
		{"one", thousand[5:6], 1},
		{"none", nil, 0},
		{"across 64 KiB", pick(gaps, 2, 0), 1},
		{"across a byte more", pick(gaps, 2, 5), 2},
		{"20 of 1 MiB", larges, 3},
		{"one beyond 8 MiB between two small", huges, 3},
		{"the same thrice", pick(thousand, 7, 7, 7), 1},
		{"of two objects", append(pick(gaps, 0), thousand[0]), 2},
	} {
		before := p.gets.Load()
		err := store.Read(t.Context(), c.spans, func(i int, data []byte) error {
			if len(data) != int(c.spans[i].Size) {
				t.Errorf("%s: span %d has %d bytes, want %d", c.name, i, len(data), c.spans[i].Size)
			}
			return nil
		})
		if gets := p.gets.Load() - before; err != nil || gets != c.gets {
			t.Errorf("%s: %d GETs, want %d; %v", c.name, gets, c.gets, err)
		}
	}
}

func TestServerThatIgnoresRanges(t *testing.T) {
	store := fake(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
		fmt.Fprint(w, "the whole object")
	})
	span := blob.Span{Object: "vector/" + strings.Repeat("0", 64) + ".pack", Offset: 4, Length: 5, Size: 5}
	_, err := readAll(t, store, []blob.Span{span})
	wantRetry(t, "read", err)
}

func TestWrongSpansAreRefused(t *testing.T) {
	store := open(t, config())
	_, spans := put(t, store, blob.Text, item(1), item(2))
	change := map[string]func(*blob.Span){
		"no object":         func(s *blob.Span) { s.Object = "" },
		"a path":            func(s *blob.Span) { s.Object = "../" + s.Object },
		"negative offset":   func(s *blob.Span) { s.Offset = -1 },
		"negative length":   func(s *blob.Span) { s.Length = -1 },
		"past the end":      func(s *blob.Span) { s.Offset = 1<<63 - 1 },
		"beyond the object": func(s *blob.Span) { s.Offset += 1 << 20 },
		"shifted":           func(s *blob.Span) { s.Offset++ },
		"another size":      func(s *blob.Span) { s.Size++ },
		"a huge size":       func(s *blob.Span) { s.Size = blob.MaxSize + 1 },
		"negative size":     func(s *blob.Span) { s.Size = -1 },
	}
	for name, damage := range change {
		span := spans[0]
		damage(&span)
		if _, err := readAll(t, store, []blob.Span{span}); !errors.Is(err, blob.ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadStopsAtTheCallersError(t *testing.T) {
	store := open(t, config())
	var spans []blob.Span
	for i := range 12 { // as many objects, so that all readers are busy
		_, added := put(t, store, blob.Text, item(i), item(i+100))
		spans = append(spans, added...)
	}
	stop := errors.New("enough")
	calls := 0
	err := store.Read(t.Context(), spans, func(int, []byte) error {
		calls++
		if calls == 3 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || calls != 3 {
		t.Errorf("got %v after %d calls, want %v after 3", err, calls, stop)
	}
}

func TestCancelledRead(t *testing.T) {
	store := open(t, config())
	var spans []blob.Span
	for i := range 12 {
		_, added := put(t, store, blob.Text, item(i), item(i+100))
		spans = append(spans, added...)
	}
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	err := store.Read(ctx, spans, func(int, []byte) error {
		calls++
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) || calls != 1 {
		t.Errorf("got %v after %d calls", err, calls)
	}
}
