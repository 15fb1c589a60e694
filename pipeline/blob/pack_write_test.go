package blob_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/leatworks/leat/pipeline/blob"
)

var errGone = errors.New("the pack was deleted")

// keys writes a pack with attempts that put it and return the answers in turn. It returns the keys of all attempts, and
// the spans of the last.
func keys(t *testing.T, pack *blob.Pack, answers ...error) (all []string, spans []blob.Span, err error) {
	t.Helper()
	err = pack.Write(t.Context(), errGone, func(ctx context.Context) error {
		object, at, err := pack.Put(ctx)
		if err != nil {
			return err
		}
		all, spans = append(all, object.Key), at
		return answers[min(len(all), len(answers))-1]
	})
	return all, spans, err
}

// If the collector deletes every pack but the last, no key is used twice, and the last pack holds the items.
func TestWriteTakesAnotherKeyWhereAPackWasDeleted(t *testing.T) {
	store := open(t, config())
	for _, kind := range []blob.Kind{blob.Text, blob.Vector} {
		pack := store.NewPack(kind)
		for i := range 3 {
			if err := pack.Add(item(i)); err != nil {
				t.Fatal(err)
			}
		}
		all, spans, err := keys(t, pack, errGone, errGone, nil)
		if err != nil || len(all) != 3 || all[0] == all[1] || all[1] == all[2] || all[0] == all[2] {
			t.Fatalf("%s: keys %q, %v; want three", kind, all, err)
		}
		for _, key := range all[:2] {
			if err := store.Delete(t.Context(), key); err != nil {
				t.Fatal(err)
			}
		}
		read := 0
		err = store.Read(t.Context(), spans, func(i int, data []byte) error {
			if read++; !bytes.Equal(data, item(i)) {
				t.Errorf("%s: item %d has other content", kind, i)
			}
			return nil
		})
		if err != nil || read != 3 {
			t.Errorf("%s: %d items were read: %v", kind, read, err)
		}
	}
}

func TestWriteEnds(t *testing.T) {
	store := open(t, config())
	full := func() *blob.Pack {
		pack := store.NewPack(blob.Vector)
		if err := pack.Add(item(1)); err != nil {
			t.Fatal(err)
		}
		return pack
	}
	other := errors.New("the catalog is down")
	for _, c := range []struct {
		answer error
		tries  int
	}{{nil, 1}, {other, 1}, {errGone, 5}} {
		if all, _, err := keys(t, full(), c.answer); !errors.Is(err, c.answer) || len(all) != c.tries {
			t.Errorf("%v: %d attempts, want %d; then %v", c.answer, len(all), c.tries, err)
		}
	}
	if _, _, err := keys(t, store.NewPack(blob.Text), nil); err == nil {
		t.Error("a pack of no items was written")
	}

	// The context has ended before the pack is put.
	stopped, stop := context.WithCancel(t.Context())
	stop()
	pack, tries := full(), 0
	err := pack.Write(stopped, errGone, func(ctx context.Context) error {
		tries++
		_, _, err := pack.Put(ctx)
		return err
	})
	if !errors.Is(err, context.Canceled) || tries != 1 {
		t.Errorf("%d attempts after the context's end: %v", tries, err)
	}
	// The context ends while the registration finds the pack deleted.
	ctx, cancel := context.WithCancel(t.Context())
	tries = 0
	err = full().Write(ctx, errGone, func(context.Context) error {
		tries++
		cancel()
		return errGone
	})
	if !errors.Is(err, errGone) || tries != 1 {
		t.Errorf("%d attempts after the context's end: %v", tries, err)
	}
}

// An error of S3 ends Write, at the first attempt and at a later one. The pack stays good: it can be written when S3 is
// back, and never under the key of a deleted pack.
func TestWriteEndsAtAnErrorOfS3(t *testing.T) {
	forward := func(w http.ResponseWriter, r *http.Request, next http.Handler) { next.ServeHTTP(w, r) }
	for _, status := range []int{http.StatusForbidden, http.StatusInternalServerError, http.StatusServiceUnavailable} {
		for _, fails := range []int{1, 2} { // the attempt at which S3 answers with the error
			t.Run(fmt.Sprintf("%d at attempt %d", status, fails), func(t *testing.T) {
				cfg := config()
				p := through(t, &cfg)
				store := open(t, cfg)
				pack := store.NewPack(blob.Text)
				if err := pack.Add(item(1)); err != nil {
					t.Fatal(err)
				}
				var deleted string
				tries := 0
				err := pack.Write(t.Context(), errGone, func(ctx context.Context) error {
					if tries++; tries == fails {
						p.when(func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { w.WriteHeader(status) })
					}
					object, _, err := pack.Put(ctx)
					if err != nil {
						return err
					}
					deleted = object.Key
					return errGone
				})
				wantRetry(t, "write", err)
				if errors.Is(err, errGone) || tries != fails {
					t.Errorf("%d attempts, want %d; then %v", tries, fails, err)
				}
				p.when(forward)
				for entry, err := range store.List(t.Context(), "") {
					if err != nil || entry.Key != deleted {
						t.Errorf("listed %s, %v: the failed attempt left an object", entry.Key, err)
					}
				}
				all, spans, err := keys(t, pack, nil)
				if err != nil || len(all) != 1 || all[0] == deleted {
					t.Fatalf("keys %q, %v; want one that is not the deleted pack's", all, err)
				}
				if _, unsalted := put(t, store, blob.Text, item(1)); fails == 1 && spans[0] != unsalted[0] {
					t.Errorf("the item lies at %+v, want %+v", spans[0], unsalted[0])
				}
				if got, err := readAll(t, store, spans); err != nil || !bytes.Equal(got[0], item(1)) {
					t.Errorf("%d bytes, %v", len(got[0]), err)
				}
			})
		}
	}
}

// A pack that is filled anew keeps its salt but none of its old items.
func TestResetEmptiesAPack(t *testing.T) {
	store := open(t, config())
	pack, round := store.NewPack(blob.Text), 0
	var spans []blob.Span
	err := pack.Write(t.Context(), errGone, func(ctx context.Context) error {
		round++
		pack.Reset()
		if err := pack.Add(item(round)); err != nil {
			return err
		}
		var err error
		if _, spans, err = pack.Put(ctx); err == nil && round == 1 {
			err = errGone
		}
		return err
	})
	if err != nil || len(spans) != 1 {
		t.Fatalf("%d items, %v; want one", len(spans), err)
	}
	err = store.Read(t.Context(), spans, func(_ int, data []byte) error {
		if !bytes.Equal(data, item(2)) {
			t.Error("the item has other content")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
