package catalog_test

import (
	"context"
	"errors"
	"testing"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/catalog"
)

// While a commit is being listed, all documents that it is going to have count against its
// tenant's limit. After that the documents that it has count.
func TestAListingHoldsItsDocuments(t *testing.T) {
	w := newWorld(t)
	w.exec(t, "insert into tenants (name, max_documents) values ($1, 5) on conflict (name) do update set max_documents = 5", w.track.Tenant)
	other := w.track
	other.Ref = "refs/heads/other"
	other.ID = events.TrackID(other.Repository, other.Ref)
	begin := func(track catalog.Track, name string, expected int64) (catalog.Snapshot, error) {
		return w.BeginSnapshot(t.Context(), track, commit(name), rules("config", "rules"), expected, live)
	}
	first, err := begin(w.track, "a", 3)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := begin(other, "a", 3); !errors.Is(err, catalog.ErrNoDocumentsRoom) {
		t.Errorf("three documents beside three of five: %v", err)
	}
	if n := value[int](t, w, "select count(*) from snapshots where track = $1", other.ID); n != 0 {
		t.Errorf("%d snapshots were begun all the same", n)
	}
	if _, err := begin(w.track, "a", 5); err != nil {
		t.Errorf("the listing that goes on, with five: %v", err)
	}
	if _, err := begin(w.track, "a", 6); !errors.Is(err, catalog.ErrNoDocumentsRoom) {
		t.Errorf("the listing that goes on, with six: %v", err)
	}
	if err := put(t.Context(), w.Catalog, first, w.document("a.go", "a"), w.document("b.go", "b")); err != nil {
		t.Fatal(err)
	}
	if n, err := w.AheadLive(t.Context(), w.track.Tenant, 10); n != 2 || err != nil {
		t.Errorf("%d documents are on their way, want 2: %v", n, err)
	}
	if n, err := w.AheadLive(t.Context(), "another", 10); n != 0 || err != nil {
		t.Errorf("%d documents of another tenant are on their way: %v", n, err)
	}
	w.do(t, func(ctx context.Context) error { return w.FinishListing(ctx, first, 2) })
	if _, err := begin(other, "a", 3); err != nil {
		t.Errorf("three documents beside two of five: %v", err)
	}
	w.exec(t, "update documents set due_at = now() + interval '1 day' where track = $1", w.track.ID)
	if n, err := w.AheadLive(t.Context(), w.track.Tenant, 10); n != 0 || err != nil {
		t.Errorf("%d documents are on their way, and both wait for another day: %v", n, err)
	}
}
