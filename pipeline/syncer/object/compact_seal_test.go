package object_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/keyring"
	"github.com/leatworks/leat/internal/seal"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer/object"
)

// Packs of another key, and packs that were never sealed, are written anew with the
// present key. Everything stays readable.
func TestCollectSealsWithThePresentKey(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	p.IngestTree(t, testpipe.Text("a.go", "package a\n\nfunc A() {}\n", "b.md", "# B\n\ntext\n"))
	p.Settle(t)
	digest := p.Digest(t)
	ring, err := seal.NewRing(func() (string, error) { return strings.Repeat("A", 43) + "=", nil })
	if err != nil {
		t.Fatal(err)
	}
	for turn := range 2 {
		keys := keyring.New(ring)
		keys.Use(p.Catalog.Keys)
		if turn > 0 {
			made, err := keys.Make(t.Context(), "")
			if err == nil {
				err = p.Catalog.Keys.Rotate(t.Context(), catalog.Author{Name: "test"}, made, "")
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		newest, err := keys.Newest(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		cfg := p.Config().Blob()
		cfg.Sealer = keys
		store, err := blob.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(store.Close)
		k := object.New(object.Config{GarbageInterval: time.Hour}, p.Catalog.Packs, p.Catalog.Garbage, p.Catalog.Generations, store, nil, slog.New(slog.DiscardHandler))
		for _, w := range k.Work() {
			if _, err := p.Now(t, w); err != nil {
				t.Fatal(err)
			}
		}
		keysLeft := p.Keys(t)
		for _, key := range keysLeft {
			if by := blob.SealedBy(key); by != newest.ID() {
				t.Errorf("%s is sealed by %q, want %q", key, by, newest.ID())
			}
		}
		if len(keysLeft) == 0 {
			t.Error("nothing is left")
		}
		p.Blobs = store
		p.CheckReadable(t)
		if report, found := p.Verify(t); !report.OK {
			t.Errorf("%+v: %v", report, found)
		}
	}
	if p.Digest(t) != digest {
		t.Error("the digest differs")
	}
}
