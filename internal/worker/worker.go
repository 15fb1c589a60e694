package worker

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline"
	"github.com/leatworks/leat/pipeline/announce"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/chunk/child"
	"github.com/leatworks/leat/pipeline/embed"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/git"
	"github.com/leatworks/leat/pipeline/index"
	"github.com/leatworks/leat/pipeline/ingest"
	"github.com/leatworks/leat/pipeline/syncer"
	"github.com/leatworks/leat/pipeline/syncer/dormant"
	"github.com/leatworks/leat/pipeline/syncer/generation"
	"github.com/leatworks/leat/pipeline/syncer/object"
	"github.com/leatworks/leat/pipeline/syncer/point"
	"github.com/leatworks/leat/pipeline/syncer/schedule"
)

// sweepInterval is the time after which the mirror of a forgotten repository goes.
const sweepInterval = time.Minute

// Ingest runs an ingestor until ctx ends.
func Ingest(ctx context.Context, s *Stores, cfg config.Ingestor, log *slog.Logger) error {
	mirrors, err := git.New(cfg.Git.Config())
	if err != nil {
		return err
	}
	splitter, end, err := splitter(cfg.Parser, log)
	if err != nil {
		return err
	}
	defer end()
	box, err := cfg.Box()
	if err != nil {
		return err
	}
	publisher, err := s.publisher("/leat/ingestor")
	if err != nil {
		return err
	}
	unwatch, err := s.watchMachine("mirrors", cfg.Dir)
	if err != nil {
		return err
	}
	defer unwatch()
	watch, err := pipeline.NewWatch(s.meter(), "ingestor")
	if err != nil {
		return err
	}
	step, err := ingest.New(ingest.Config{
		Filter: cfg.Filter.Config(), MaxFiles: cfg.MaxFiles, MaxPathBytes: cfg.MaxPathBytes, Formats: cfg.Formats(), ApproveShare: cfg.ApproveShare,
		BulkFiles: cfg.BulkFiles, BulkWindow: cfg.BulkWindow, LiveWindow: cfg.LiveWindow, BulkTurns: cfg.InFlight, RenewEvery: s.lease / 4,
		Splitter: splitter, Credentials: credentials(s.Catalog.Tenants, box), Watch: watch,
	}, mirrors, ingest.RoomsOf(s.Catalog), s.Blobs, publisher, log)
	if err != nil {
		return err
	}
	s, leave := s.telling(ctx, "ingestor", log)
	defer leave()
	sweeping, stop := context.WithCancel(ctx)
	var sweeper sync.WaitGroup
	sweeper.Go(func() { step.SweepEvery(sweeping, sweepInterval) })
	defer sweeper.Wait()
	defer stop()
	source := s.Broker.Subscriber(broker.SubscriberConfig{
		Stream: broker.StreamIntake, Consumer: broker.ConsumerIngestor, InFlight: cfg.InFlight, Aside: cfg.BulkIngests, Waiting: cfg.Waiting,
		Tenant: submitter, Pace: cfg.Pace, DrainTimeout: cfg.DrainTimeout,
	})
	return pipeline.Run(ctx, s.pipeline(cfg.Worker, log), pipeline.Step{
		Worker: "ingestor", Ledger: step,
		Routes: []pipeline.Route{{Name: broker.ConsumerIngestor, Source: source, Handle: step.Handle}},
	})
}

// submitter returns the tenant in a submission's subject. A message without one is refused later.
func submitter(subject string) string {
	tenant, _ := events.SubmittedTenant(subject)
	return tenant
}

// splitter returns the splitter of files, and a function that closes it.
func splitter(cfg config.Parser, log *slog.Logger) (ingest.Splitter, func(), error) {
	if cfg.ParseInProcess {
		return child.InProcess{}, func() {}, nil
	}
	pool, err := child.New(cfg.Children(), log)
	if err != nil {
		return nil, nil, err
	}
	return pool, pool.Close, nil
}

// Embed runs an embedder until ctx ends. It serves the model of each generation
// that it can open; another process may be able to open the others.
func Embed(ctx context.Context, s *Stores, cfg config.Worker, log *slog.Logger) error {
	models := newModels(s)
	open := store.Attempt{Name: "the index's embedders", Flags: "--embedders-file, --postgres-url", Do: models.check}
	if err := open.Persist(ctx, log); err != nil {
		return err
	}
	s, leave := s.telling(ctx, "embedder", log)
	defer leave()
	return s.serveEach(ctx, log, func(list []catalog.GenerationStatus) (wanted []service) {
		for _, g := range list {
			if !g.Live() {
				continue
			}
			if model, err := models.open(g.Embedder); err == nil {
				wanted = append(wanted, service{g.Embedder.Name, func(ctx context.Context) error {
					return s.embed(ctx, cfg, log, model, g.Embedder)
				}})
			} else if models.news(g.Embedder) {
				log.Error("this process cannot serve an embedder of the index", "embedder", g.Embedder.Name, "error", err)
			}
		}
		return wanted
	})
}

func (s *Stores) embed(ctx context.Context, cfg config.Worker, log *slog.Logger, model embedder.Embedder, known catalog.Embedder) error {
	id := known.ID
	adopt := store.Attempt{Name: "the embedder's recipe", Flags: "--embedders-file, --postgres-url", Do: func(ctx context.Context) error {
		return s.Catalog.Generations.Adopt(ctx, known, store.ModelOf(model))
	}}
	if err := adopt.Persist(ctx, log); err != nil {
		return err
	}
	if err := probe(ctx, model, log); err != nil {
		var active catalog.Generation
		look := store.Attempt{Name: "the active generation", Flags: "--postgres-url", Do: func(ctx context.Context) (err error) {
			active, err = s.Catalog.Generations.Active(ctx)
			return err
		}}
		if lookErr := look.Persist(ctx, log); lookErr != nil || active.Embedder.ID == id {
			return errors.Join(err, lookErr)
		}
		log.Error("this process cannot use the embedder of a generation that is being built; its texts wait", "embedder", model.Model().Name, "error", err)
		<-ctx.Done() // the other generations are still served
		return nil
	}
	budget, err := cfg.Budgets()
	if err != nil {
		return err
	}
	// A batch holds half of the messages, so that while one batch waits for its vectors, another is
	// read or stored.
	batch := embed.Config{BatchDocuments: min(max(cfg.InFlight/2, 1), embed.DefaultBatchDocuments), Budget: budgets(budget, s.Catalog.Tenants)}
	if batch.Watch, err = pipeline.NewWatch(s.meter(), "embedder"); err != nil {
		return err
	}
	if batch.Cached, err = cached(ctx, s.meter()); err != nil {
		return err
	}
	told, err := tell(ctx, model, s.meter(), log)
	if err != nil {
		return err
	}
	step := embed.New(
		batch, s.Catalog, s.Catalog.Generations, s.Catalog.Vectors, s.Catalog.Usage,
		s.Blobs, told, id, announce.New(s.Broker, "/leat/embedder"),
	)
	defer step.Close()
	consumer := func(lane events.Lane) string { return broker.ConsumerEmbedder(model.Model().Name, lane) }
	return s.runLanes(ctx, cfg, log, "embedder", broker.StreamChunked, consumer, step.Handle, catalog.Beside{Embedder: id})
}

// Index runs an indexer until ctx ends. It serves every generation.
func Index(ctx context.Context, s *Stores, cfg config.Worker, log *slog.Logger) error {
	s, leave := s.telling(ctx, "indexer", log)
	defer leave()
	return s.serveEach(ctx, log, func(list []catalog.GenerationStatus) (wanted []service) {
		for _, g := range list {
			if g.Live() {
				wanted = append(wanted, service{g.Collection, func(ctx context.Context) error {
					return s.index(ctx, cfg, log, g.Generation)
				}})
			}
		}
		return wanted
	})
}

func (s *Stores) index(ctx context.Context, cfg config.Worker, log *slog.Logger, g catalog.Generation) error {
	publisher, err := s.publisher("/leat/indexer")
	if err != nil {
		return err
	}
	watch, err := pipeline.NewWatch(s.meter(), "indexer")
	if err != nil {
		return err
	}
	// The batches under way share the messages. A batch that may hold all of them waits in vain for
	// those that the others hold.
	batch := index.Config{BatchDocuments: min(max(cfg.InFlight/index.Batches, 1), index.DefaultBatchDocuments), Watch: watch}
	step := index.New(batch, s.Catalog, s.Catalog.Generations, s.Catalog.Vectors, s.Blobs, s.Points, g, publisher)
	defer step.Close()
	consumer := func(lane events.Lane) string { return broker.ConsumerIndexer(g.Number, lane) }
	return s.runLanes(ctx, cfg, log, "indexer", broker.StreamEmbedded, consumer, step.Handle, catalog.Beside{Generation: g.Number})
}

// Sync runs a syncer until ctx ends.
func Sync(ctx context.Context, s *Stores, cfg config.Syncer, log *slog.Logger) error {
	objects, err := s.objects(cfg, log)
	if err != nil {
		return err
	}
	cutter, end, err := splitter(cfg.Parser, log)
	if err != nil {
		return err
	}
	defer end()
	graphs := s.graphs(cutter, log)
	points := s.Upkeep(cfg.Upkeep, log)
	work := slices.Concat(objects.Work(), points.Work(), []schedule.Work{
		syncer.Retain(syncer.Retention{}, s.Catalog.Garbage, s.Catalog.Usage), syncer.Letters(cfg.Letters(), s.Catalog.Letters, log),
		syncer.Audit(syncer.AuditRetention{}, s.Catalog.Audit),
		syncer.RetainDeliveries(cfg.Deliveries(), s.Catalog.Hooks), syncer.RetainTokens(0, s.Catalog.Tokens), syncer.RetainReplies(s.Catalog.Replies),
	})
	if cfg.To != "" {
		work = append(work, s.backups(cfg, log))
	}
	if err := s.tellBackups(); err != nil {
		return err
	}
	unwatch, err := s.watchFigures(ctx, cfg.Stores, log)
	if err != nil {
		return err
	}
	defer unwatch()
	unwatchMachine, err := s.watchMachine("mirrors", cfg.Dir)
	if err != nil {
		return err
	}
	defer unwatchMachine()
	periodic := schedule.New(schedule.Config{}, s.Catalog.Schedule, s.Catalog.Locks, log, work...)
	var beside sync.WaitGroup
	beside.Go(func() { periodic.Run(ctx) })
	beside.Go(func() { points.Watch(ctx) })
	beside.Go(func() { s.generations(log, cfg.GenerationRetention).Run(ctx) })
	beside.Go(func() { graphs.Run(ctx) })
	beside.Go(func() { s.dormancy(cfg.DormantAfter, log).Run(ctx) })
	s.syncer(log, cfg.PollInterval).Run(ctx)
	beside.Wait()
	return nil
}

// Upkeep is the part of the syncer that compares the catalog with Qdrant.
func (s *Stores) Upkeep(cfg config.Upkeep, log *slog.Logger) *point.Keeper {
	return point.New(cfg.Points(s.alias), s.Catalog, s.Catalog.Generations, s.Catalog.Schedule, s.Points, log)
}

func (s *Stores) generations(log *slog.Logger, retention time.Duration) *generation.Keeper {
	cfg := generation.Config{Alias: s.alias, Retention: retention, Grace: generation.DefaultGrace}
	return generation.New(
		cfg, s.Catalog, s.Catalog.Generations, s.Catalog.Locks,
		s.Streams(), s.Points, announce.New(s.Broker, "/leat/syncer"), log,
	)
}

func (s *Stores) dormancy(after time.Duration, log *slog.Logger) *dormant.Keeper {
	return dormant.New(
		dormant.Config{After: after}, s.Catalog, s.Catalog.Dormancy, s.Catalog.Generations, s.Catalog.Locks,
		s.Points, announce.New(s.Broker, "/leat/syncer"), log,
	)
}

// RepairObjects compares the catalog with S3 at once, and repairs what it can.
func (s *Stores) RepairObjects(ctx context.Context, cfg config.Syncer, log *slog.Logger) (object.Repaired, error) {
	objects, err := s.objects(cfg, log)
	if err != nil {
		return object.Repaired{}, err
	}
	return objects.Repair(ctx, schedule.New(schedule.Config{}, s.Catalog.Schedule, s.Catalog.Locks, log))
}

// objects is the part of the syncer that compares the catalog with S3. It reads
// from git only if cfg names a directory for mirrors.
func (s *Stores) objects(cfg config.Syncer, log *slog.Logger) (*object.Keeper, error) {
	var mirrors *git.Mirrors
	if cfg.Dir != "" {
		var err error
		if mirrors, err = git.New(cfg.Config()); err != nil {
			return nil, err
		}
	}
	objects := cfg.Objects()
	objects.Formats = cfg.Formats()
	return object.New(objects, s.Catalog.Packs, s.Catalog.Garbage, s.Catalog.Generations, s.Blobs, mirrors, log), nil
}

// SyncOnce publishes the work that is due, without waiting for a syncer's next look.
func SyncOnce(ctx context.Context, s *Stores, log *slog.Logger) error {
	return s.syncer(log, 0).Look(ctx)
}

func (s *Stores) syncer(log *slog.Logger, poll time.Duration) *syncer.Step {
	return syncer.New(syncer.Config{PollInterval: poll}, syncer.RoomsOf(s.Catalog), s.Streams(), announce.New(s.Broker, "/leat/syncer"), log)
}

// publisher publishes the events of a worker, and measures how fresh the index is.
func (s *Stores) publisher(source string) (*announce.Publisher, error) {
	fresh, err := s.freshness()
	if err != nil {
		return nil, err
	}
	return announce.New(s.Broker, source).OnComplete(fresh), nil
}

// readAhead is the number of waiting messages of documents that a worker holds in each lane, so
// that it finds the messages of other tenants behind those of one. It equals a tenant's window of
// the bulk lane, or twice its window of the live lane.
const readAhead = ingest.DefaultBulkWindow

// runLanes serves the consumers of both lanes in parallel. Each lane has slots of its own, so that
// bulk work cannot take those of the live lane. Within a lane tenants take turns.
func (s *Stores) runLanes(
	ctx context.Context, cfg config.Worker, log *slog.Logger, name, stream string,
	consumer func(events.Lane) string, handle pipeline.Handler, of catalog.Beside,
) error {
	step := pipeline.Step{Worker: name, Ledger: pipeline.DocumentLedger{Documents: s.Catalog, Generations: s.Catalog.Generations, Of: of}}
	var crowd crowd
	leave := crowd.watch(ctx, s.Catalog.Tenants)
	defer leave()
	for _, lane := range events.Lanes {
		source := s.Broker.Subscriber(broker.SubscriberConfig{
			Stream: stream, Consumer: consumer(lane), InFlight: cfg.InFlight, Waiting: readAhead,
			Tenant: events.DocumentTenant, Crowded: crowd.several.Load, DrainTimeout: cfg.DrainTimeout,
		})
		step.Routes = append(step.Routes, pipeline.Route{Name: consumer(lane), Source: source, Handle: handle})
	}
	return pipeline.Run(ctx, s.pipeline(cfg, log), step)
}

func (s *Stores) pipeline(cfg config.Worker, log *slog.Logger) pipeline.Config {
	return pipeline.Config{Letters: s.Catalog.Letters, Log: log, Meter: s.meter(), Hands: s.hands, DrainTimeout: cfg.DrainTimeout}
}
