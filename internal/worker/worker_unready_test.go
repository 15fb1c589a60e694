package worker_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/internal/worker"
	"github.com/leatworks/leat/pipeline/embedder"
)

// A worker does not end because the catalog fails just after it was ready.
func TestAnEmbedderOutlivesAFailingCatalog(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	p.Rows(t, "alter table generations rename to hidden")
	stores := &worker.Stores{
		Stores:       &store.Stores{Catalog: p.Catalog, Broker: p.Broker, Blobs: p.Blobs, Points: p.Points},
		OpenEmbedder: func(string) (embedder.Embedder, error) { return embedder.Local{}, nil },
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- worker.Embed(ctx, stores, config.Worker{Process: config.Process{DrainTimeout: time.Second}, InFlight: 1}, p.Logs.Logger())
	}()
	for deadline := time.Now().Add(testpipe.Patience); !strings.Contains(p.Logs.String(), "not ready yet"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the embedder did not say that it waits")
		}
		select {
		case err := <-ended:
			t.Fatalf("the embedder ended: %v", err)
		default:
		}
	}
	p.Rows(t, "alter table hidden rename to generations")
	repo := testpipe.NewRepo(t)
	repo.Commit(t, testpipe.Tree{"a.txt": {Content: "water\n"}})
	p.Submit(t, repo)
	for deadline := time.Now().Add(testpipe.Patience); p.One(t, "select count(*) from documents where state = 'embedded'") != "1"; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the embedder does not work\n%s", p.Logs.String())
		}
	}
	cancel()
	if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
