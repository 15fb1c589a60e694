package worker_test

import (
	"testing"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/pipeline/catalog"
)

// A worker reports the documents that it has in hand, and its end.
func TestAWorkerTellsWhatItHolds(t *testing.T) {
	model := newGated("slow")
	l := newLanes(t, model, config.Bulk{BulkFiles: 500, BulkWindow: 4096, BulkIngests: 4})
	stop := start(t, l.ingest, l.embed)
	repo := repoOf(t, 3, "slow")
	key := l.ask(t, repo)
	<-model.met
	workers := func() map[string]catalog.Worker {
		list, err := l.Catalog.Workers.List(t.Context(), key.Tenant)
		must(t, err)
		named := make(map[string]catalog.Worker)
		for _, w := range list {
			named[w.Name] = w
		}
		return named
	}
	var embedder catalog.Worker
	l.eventually(t, "the embedder tells of three documents", func() bool {
		embedder = workers()["embedder"]
		return embedder.Held == 3
	})
	for _, h := range embedder.Holdings {
		if h.Tenant != key.Tenant || h.Repository != events.RepositoryID(key.Tenant, repo.Dir) || h.Path[:4] != "f000" || h.Lane != "live" || h.Delivered != 1 || h.Since.IsZero() {
			t.Errorf("it holds %+v", h)
		}
	}
	if len(embedder.Holdings) != 3 || embedder.Host == "" || embedder.StartedAt.IsZero() {
		t.Errorf("the embedder is %+v", embedder)
	}
	if list, err := l.Catalog.Workers.List(t.Context(), "other"); err != nil || len(list) != 2 || len(list[0].Holdings)+len(list[1].Holdings) != 0 {
		t.Errorf("another tenant: %+v, %v", list, err)
	}
	model.letGo()
	l.eventually(t, "the embedder holds nothing", func() bool {
		w, found := workers()["embedder"]
		return found && w.Held == 0 && len(w.Holdings) == 0
	})
	stop()
	if left := workers(); len(left) != 0 {
		t.Errorf("after their end there are %+v", left)
	}
}
