package blob_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/blob"
)

func TestBrokenConnectionIsTriedAgain(t *testing.T) {
	cfg := config()
	p := through(t, &cfg)
	store := open(t, cfg)
	want := bytes.Repeat([]byte("0123456789"), 1000)
	object, spans := put(t, store, blob.Vector, want)

	var once sync.Once
	p.when(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		once.Do(func() { cutAfter(5000)(w, r, next) })
		next.ServeHTTP(w, r)
	})
	got, err := readAll(t, store, spans)
	if err != nil || !bytes.Equal(got[0], want) {
		t.Errorf("%d bytes, %v", len(got[0]), err)
	}
	if gets := p.gets.Load(); gets != 2 {
		t.Errorf("%d GETs, want 2", gets)
	}

	// A connection that always breaks does not mean that the object is damaged.
	p.when(cutAfter(5000))
	_, err = readAll(t, store, spans)
	for doing, err := range map[string]error{"read": err, "check": store.Check(t.Context(), object)} {
		if kind, _ := fault.Of(err); err == nil || kind != fault.KindRetry || errors.Is(err, blob.ErrCorrupt) || errors.Is(err, blob.ErrMissing) {
			t.Errorf("%s: %v", doing, err)
		}
	}
}

func TestServerThatListsOutOfOrder(t *testing.T) {
	store := fake(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<ListBucketResult><Name>bucket</Name><IsTruncated>false</IsTruncated>
			<Contents><Key>b</Key><Size>1</Size></Contents><Contents><Key>a</Key><Size>1</Size></Contents></ListBucketResult>`)
	})
	wantRetry(t, "list", calls(t.Context(), store, blob.Object{}, nil)["list"]())
}

func TestTruncatedObject(t *testing.T) {
	cfg := config()
	store, behind := open(t, cfg), bare(t, cfg)
	object, spans := put(t, store, blob.Vector, []byte("first"), []byte("second"))
	for _, size := range []int{8, 5, 2, 0} {
		behind.put(object.Key, []byte("firstsecond")[:size])
		if _, err := readAll(t, store, spans[1:]); !errors.Is(err, blob.ErrCorrupt) || !strings.Contains(err.Error(), object.Key+" at offset 5") {
			t.Errorf("cut to %d bytes: %v", size, err)
		}
		if err := store.Check(t.Context(), object); !errors.Is(err, blob.ErrCorrupt) {
			t.Errorf("check, cut to %d bytes: %v", size, err)
		}
	}
}

func TestMissingObject(t *testing.T) {
	store := open(t, config())
	object, spans := put(t, store, blob.Text, item(1), item(2))
	for range 2 { // the second finds nothing, which is what it wanted
		if err := store.Delete(t.Context(), object.Key); err != nil {
			t.Fatal(err)
		}
	}
	_, err := readAll(t, store, spans)
	if !errors.Is(err, blob.ErrMissing) || !strings.Contains(err.Error(), object.Key) {
		t.Errorf("read: %v", err)
	}
	if err := store.Check(t.Context(), object); !errors.Is(err, blob.ErrMissing) || !strings.Contains(err.Error(), object.Key) {
		t.Errorf("check: %v", err)
	}
}

func TestListGoesPageByPage(t *testing.T) {
	cfg := config()
	store, behind := open(t, cfg), bare(t, cfg)
	var want []string
	for i := range 1003 {
		object, _ := put(t, store, blob.Vector, []byte{byte(i), byte(i >> 8), 1})
		want = append(want, object.Key)
	}
	behind.put("notes", []byte("mine"))
	behind.put("text/README", []byte("mine too"))
	want = append(want, "notes", "text/README")
	slices.Sort(want)

	var got []string
	for entry, err := range store.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, entry.Key)
		if foreign := !strings.HasSuffix(entry.Key, ".pack"); entry.Foreign != foreign {
			t.Errorf("%s: foreign is %v", entry.Key, entry.Foreign)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("listed %d keys, want %d", len(got), len(want))
	}

	var rest []string
	for entry, err := range store.List(t.Context(), want[990]) {
		if err != nil {
			t.Fatal(err)
		}
		rest = append(rest, entry.Key)
	}
	if !slices.Equal(rest, want[991:]) {
		t.Errorf("listed %d keys after the 991st, want %d", len(rest), len(want[991:]))
	}
}
