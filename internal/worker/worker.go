package worker

import (
	"context"
	"log/slog"
	"slices"
	gosync "sync"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/pipeline"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/embed"
	"github.com/leatworks/leat/pipeline/git"
	"github.com/leatworks/leat/pipeline/index"
	"github.com/leatworks/leat/pipeline/ingest"
	"github.com/leatworks/leat/pipeline/sync"
)

// How many messages a worker holds by default, in each lane. An ingestor's
// message is a repository, the others' a document.
const (
	DefaultIngests  = 2
	DefaultInFlight = 256
)

// sweepInterval is how soon the mirror of a forgotten repository goes.
const sweepInterval = time.Minute

// Ingest runs an ingestor until ctx ends.
func Ingest(ctx context.Context, s *Stores, cfg config.Ingestor, log *slog.Logger) error {
	mirrors, err := git.New(cfg.Git.Config())
	if err != nil {
		return err
	}
	publisher := pipeline.NewPublisher(s.Broker, "/leat/ingestor")
	step, err := ingest.New(ingest.Config{Filter: cfg.Filter.Config(), ApproveShare: cfg.ApproveShare, BulkFiles: cfg.BulkFiles, BulkWindow: cfg.BulkWindow, BulkTurns: cfg.InFlight, RenewEvery: s.lease / 4}, mirrors, s.Catalog, s.Blobs, s.Generation, publisher, log)
	if err != nil {
		return err
	}
	sweeping, stop := context.WithCancel(ctx)
	var sweeper gosync.WaitGroup
	sweeper.Go(func() { step.SweepEvery(sweeping, sweepInterval) })
	defer sweeper.Wait()
	defer stop()
	source := s.Broker.Subscriber(broker.SubscriberConfig{
		Stream: broker.StreamIntake, Consumer: broker.ConsumerIngestor, InFlight: cfg.InFlight, Aside: cfg.BulkIngests, DrainTimeout: cfg.DrainTimeout,
	})
	return pipeline.Run(ctx, s.pipeline(cfg.Worker, log), pipeline.Step{
		Worker: "ingestor", Ledger: step,
		Routes: []pipeline.Route{{Name: broker.ConsumerIngestor, Source: source, Handle: step.Handle}},
	})
}

// Embed runs an embedder until ctx ends.
func Embed(ctx context.Context, s *Stores, cfg config.Worker, log *slog.Logger) error {
	if err := probe(ctx, s.Embedder, log); err != nil {
		return err
	}
	budget, err := cfg.Budgets()
	if err != nil {
		return err
	}
	// A batch is half of what is held: while one waits for its vectors, another
	// is read or stored.
	step := embed.New(embed.Config{BatchDocuments: min(max(cfg.InFlight/2, 1), embed.DefaultBatchDocuments), Budget: budget}, s.Catalog, s.Blobs, tell(ctx, s.Embedder, log), s.Generation.Embedder.ID, pipeline.NewPublisher(s.Broker, "/leat/embedder"))
	defer step.Close()
	return s.runLanes(ctx, cfg, log, "embedder", broker.StreamChunked, broker.ConsumerEmbedder, step.Handle)
}

// Index runs an indexer until ctx ends.
func Index(ctx context.Context, s *Stores, cfg config.Worker, log *slog.Logger) error {
	step := index.New(index.Config{}, s.Catalog, s.Blobs, s.Points, s.Generation, pipeline.NewPublisher(s.Broker, "/leat/indexer"))
	defer step.Close()
	consumer := func(lane events.Lane) string { return broker.ConsumerIndexer(s.Generation.Number, lane) }
	return s.runLanes(ctx, cfg, log, "indexer", broker.StreamEmbedded, consumer, step.Handle)
}

// Sync runs a syncer until ctx ends.
func Sync(ctx context.Context, s *Stores, cfg config.Syncer, log *slog.Logger) error {
	objects, err := s.Objects(cfg, log)
	if err != nil {
		return err
	}
	points := s.Upkeep(cfg.Upkeep, log)
	work := slices.Concat(objects.Work(), points.Work(), []sync.Work{sync.Retain(sync.Retention{}, s.Catalog)})
	schedule := sync.Schedule{Catalog: s.Catalog, Work: work, Log: log}
	var beside gosync.WaitGroup
	beside.Go(func() { schedule.Run(ctx) })
	beside.Go(func() { points.Watch(ctx) })
	s.syncer(log, cfg.PollInterval).Run(ctx)
	beside.Wait()
	return nil
}

// Upkeep is the syncer's part that compares the catalog with Qdrant.
func (s *Stores) Upkeep(cfg config.Upkeep, log *slog.Logger) *sync.Points {
	return sync.NewPoints(cfg.Points(s.alias), s.Catalog, s.Points, log)
}

// Objects is the syncer's part that compares the catalog with S3. It reads from
// git only if cfg names a directory for mirrors.
func (s *Stores) Objects(cfg config.Syncer, log *slog.Logger) (*sync.Objects, error) {
	var mirrors *git.Mirrors
	if cfg.Dir != "" {
		var err error
		if mirrors, err = git.New(cfg.Config()); err != nil {
			return nil, err
		}
	}
	return sync.NewObjects(cfg.Objects(), s.Catalog, s.Blobs, mirrors, log), nil
}

// SyncOnce publishes what is due now, not at the next look of a syncer.
func SyncOnce(ctx context.Context, s *Stores, log *slog.Logger) error {
	return s.syncer(log, 0).Look(ctx)
}

func (s *Stores) syncer(log *slog.Logger, poll time.Duration) *sync.Step {
	return sync.New(sync.Config{Topology: s.topology, PollInterval: poll}, s.Catalog, s.Broker, s.Generation, pipeline.NewPublisher(s.Broker, "/leat/syncer"), log)
}

// runLanes serves the consumers of both lanes side by side, each with slots of
// its own: bulk work cannot take the live lane's.
func (s *Stores) runLanes(ctx context.Context, cfg config.Worker, log *slog.Logger, name, stream string, consumer func(events.Lane) string, handle pipeline.Handler) error {
	step := pipeline.Step{Worker: name, Ledger: pipeline.DocumentLedger{Catalog: s.Catalog}}
	for _, lane := range events.Lanes {
		source := s.Broker.Subscriber(broker.SubscriberConfig{
			Stream: stream, Consumer: consumer(lane), InFlight: cfg.InFlight, DrainTimeout: cfg.DrainTimeout,
		})
		step.Routes = append(step.Routes, pipeline.Route{Name: consumer(lane), Source: source, Handle: handle})
	}
	return pipeline.Run(ctx, s.pipeline(cfg, log), step)
}

func (s *Stores) pipeline(cfg config.Worker, log *slog.Logger) pipeline.Config {
	return pipeline.Config{Catalog: s.Catalog, Log: log, DrainTimeout: cfg.DrainTimeout}
}
