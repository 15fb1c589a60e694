package eval

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/stack"
	"github.com/leatworks/leat/internal/worker"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
)

// source names the harness as the publisher of its submissions.
const source = "/eval"

// drain is the time that work in flight may take at the end.
const drain = 5 * time.Second

// index is a separate, whole leat.
type index struct {
	stack    *devstack.Stack
	stores   *worker.Stores
	service  *service.Service
	embedder embedder.Embedder
	stop     context.CancelFunc
	workers  *errgroup.Group
	running  context.Context // ends when a worker does
}

// openIndex starts the stores and the workers in a directory. name is the
// embedder's.
func openIndex(ctx context.Context, dir, name string, embedders config.Embedders, log *slog.Logger) (x *index, err error) {
	x = &index{stop: func() {}}
	defer func() {
		if err != nil {
			err = errors.Join(err, x.close())
		}
	}()
	if x.stack, err = devstack.Start(ctx, devstack.Config{Dir: filepath.Join(dir, "stores"), Fast: true}); err != nil {
		return nil, err
	}
	stores := stack.Addresses(x.stack.Endpoints())
	stores.Index, stores.Embedder, stores.Embedders = "eval", name, embedders
	if x.stores, err = worker.Open(ctx, stores, "eval", log); err != nil {
		return nil, err
	}
	if x.embedder, err = x.stores.OpenEmbedder(name); err != nil {
		return nil, err
	}
	x.service = service.New(service.Config{
		Index: stores.Index, Source: source, OpenEmbedder: func(string) (embedder.Embedder, error) { return x.embedder, nil },
	}, x.stores.Stores)
	x.run(ctx, config.Ingestor{
		Worker: config.Worker{Process: config.Process{Stores: stores, DrainTimeout: drain}, InFlight: config.DefaultInFlight},
		Git:    config.Git{Dir: filepath.Join(dir, "mirrors"), AllowLocal: true},
		Parser: config.Parser{ParseInProcess: true},
	}, log)
	return x, nil
}

// run starts the four workers.
func (x *index) run(ctx context.Context, cfg config.Ingestor, log *slog.Logger) {
	ctx, x.stop = context.WithCancel(ctx)
	x.workers, x.running = errgroup.WithContext(ctx)
	for _, work := range []func() error{
		func() error { return worker.Ingest(x.running, x.stores, cfg, log) },
		func() error { return worker.Embed(x.running, x.stores, cfg.Worker, log) },
		func() error { return worker.Index(x.running, x.stores, cfg.Worker, log) },
		func() error {
			return worker.Sync(x.running, x.stores, config.Syncer{Worker: cfg.Worker, Git: cfg.Git, Parser: cfg.Parser}, log)
		},
	} {
		x.workers.Go(work)
	}
}

func (x *index) close() error {
	x.stop()
	var errs []error
	if x.workers != nil {
		if err := x.workers.Wait(); !errors.Is(err, context.Canceled) {
			errs = append(errs, err)
		}
	}
	if x.stores != nil {
		x.stores.Close()
	}
	if x.stack != nil {
		errs = append(errs, x.stack.Close())
	}
	return errors.Join(errs...)
}

const pollInterval = 50 * time.Millisecond

// ingest submits a repository and returns when all of it is indexed. A failed document is an error,
// because searches would count it as not found.
func (x *index) ingest(ctx context.Context, url string) (uuid.UUID, error) {
	submitted, err := x.service.Submit(ctx, service.SubmitRequest{Tenant: events.DefaultTenant, Repository: url})
	if err != nil {
		return uuid.Nil, err
	}
	for {
		status, err := x.stores.Catalog.Submissions.Status(ctx, submitted.Key)
		switch {
		case err != nil && !errors.Is(err, catalog.ErrNotFound):
			return uuid.Nil, err
		case status.State == catalog.SubmissionFailed:
			return uuid.Nil, fmt.Errorf("ingest %s: %s", url, status.Error)
		case status.Indexed:
			return status.Repository, x.whole(ctx, status.Repository)
		}
		if err := x.pause(ctx); err != nil {
			return uuid.Nil, err
		}
	}
}

// pause waits a little, but not beyond the failure of a worker.
func (x *index) pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-x.running.Done():
		return fmt.Errorf("a worker ended: %w", context.Cause(x.running))
	case <-time.After(pollInterval):
		return nil
	}
}

// whole returns an error if a document has failed.
func (x *index) whole(ctx context.Context, repository uuid.UUID) error {
	tracks, err := x.stores.Catalog.Tracks(ctx, events.DefaultTenant)
	if err != nil {
		return err
	}
	for _, t := range tracks {
		if t.Repository == repository && (t.Documents.Failed > 0 || t.Documents.Indexed == 0) {
			return fmt.Errorf("%s: %d documents are indexed and %d failed", t.URL, t.Documents.Indexed, t.Documents.Failed)
		}
	}
	return nil
}
