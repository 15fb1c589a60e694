package syncer

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/announce"
	"github.com/leatworks/leat/pipeline/catalog"
)

// Config says how often the syncer looks, and how much it handles at once.
type Config struct {
	Interval time.Duration // between two looks; default 5 s, and at most a twentieth of PollInterval
	Most     int           // documents in memory together; default 1,000

	// PollInterval is how often each track's remote is asked whether it has
	// moved, for repositories whose pushes nobody announces. Default: never.
	PollInterval time.Duration
}

// The defaults.
const (
	DefaultInterval = 5 * time.Second
	DefaultMost     = 1000
)

// KindOwed is the work of a look: it compares the work that is due with the
// messages that wait in the streams, and publishes what is missing there.
const KindOwed catalog.WorkKind = "owed"

// syncLock is the advisory lock of the syncer that acts.
const syncLock = 0x6c656174_00000003

// Streams are the operations on the event streams that a look needs.
type Streams interface {
	// Ensure makes the streams, and the consumers of the live generations of the
	// list, where they are missing.
	Ensure(ctx context.Context, list []catalog.GenerationStatus) error
	// Waiting begins a look at the messages that wait.
	Waiting() Waiting
}

// Waiting says whether the last message on a subject may still wait for a worker. It
// may say yes although the message does not wait.
type Waiting interface {
	ForEmbedder(ctx context.Context, embedder string, lane events.Lane, subject string) (bool, error)
	ForIndexer(ctx context.Context, generation int64, lane events.Lane, subject string) (bool, error)
}

// Step is the syncer.
type Step struct {
	cfg     Config
	catalog Rooms
	streams Streams
	events  *announce.Publisher
	log     *slog.Logger
}

// Rooms are the parts of the catalog that the syncer's looks may touch.
type Rooms struct {
	*catalog.Core
	Generations *catalog.Generations
	Locks       *catalog.Locks
	Removals    *catalog.Removals
	Schedule    *catalog.Schedule
	Submissions *catalog.Submissions
}

// RoomsOf takes the syncer's rooms from a catalog.
func RoomsOf(c *catalog.Catalog) Rooms {
	return Rooms{c.Core, c.Generations, c.Locks, c.Removals, c.Schedule, c.Submissions}
}

// New returns a syncer.
func New(cfg Config, r Rooms, streams Streams, p *announce.Publisher, log *slog.Logger) *Step {
	if cfg.Interval == 0 {
		cfg.Interval = DefaultInterval
	}
	if cfg.Most == 0 {
		cfg.Most = DefaultMost
	}
	if cfg.PollInterval > 0 {
		cfg.Interval = min(cfg.Interval, max(cfg.PollInterval/pollLooks, leastInterval))
	}
	return &Step{cfg: cfg, catalog: r, streams: streams, events: p, log: log}
}

// Run looks at an interval until ctx ends. A look that fails is logged; the
// next may succeed.
func (s *Step) Run(ctx context.Context) {
	ticker := time.NewTicker(s.cfg.Interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if _, err := s.catalog.Locks.Try(ctx, syncLock, s.Look); err != nil && ctx.Err() == nil {
			s.log.Error("sync failed; will be tried again", "error", err)
		}
		if err := s.Forget(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("forgetting failed; will be tried again", "error", err)
		}
	}
}

// Look does one round of the syncer's work, and records it if it had to publish
// anything. It begins with the streams: if NATS has lost them, nothing can be
// published, and without the intake nothing can be submitted.
func (s *Step) Look(ctx context.Context) error {
	began := time.Now()
	var did catalog.Tally
	err := s.look(ctx, &did)
	if did.Found == 0 || ctx.Err() != nil {
		return err
	}
	reason := ""
	if err != nil {
		reason = err.Error()
	}
	return errors.Join(err, s.catalog.Schedule.Record(ctx, KindOwed, began, did, reason))
}

func (s *Step) look(ctx context.Context, did *catalog.Tally) error {
	list, err := s.catalog.Generations.List(ctx)
	if err != nil {
		return err
	}
	if err := s.streams.Ensure(ctx, list); err != nil {
		return err
	}
	if err := s.snapshots(ctx); err != nil {
		return err
	}
	if err := s.poll(ctx); err != nil {
		return err
	}
	if err := s.submissions(ctx, did); err != nil {
		return err
	}
	return s.documents(ctx, did)
}
