// Package point keeps the points of the vector store true to the catalog's
// documents.
//
// A comparison compares checksums first, and points where the checksums differ.
// It deletes the points that should not be there, and hands the documents that
// lack one to the indexer. Documents under way are no difference.
package point

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/time/rate"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer/schedule"
	"github.com/leatworks/leat/pipeline/vector"
)

// KindStrays is the work on points of repositories that the catalog does not
// know. The other kinds are "points 1/4" to "points 4/4".
const KindStrays catalog.WorkKind = "strays"

// Kind is the work on a shard of the repositories, counted from 1.
func Kind(shard int) catalog.WorkKind {
	return catalog.WorkKind(fmt.Sprintf("points %d/%d", shard, shards))
}

// The defaults.
const (
	// DefaultRate leaves Qdrant most of its speed: a page of 1,000 marks takes
	// it some milliseconds.
	DefaultRate = 10_000
	DefaultLook = 5 * time.Second
)

// Config says how often the catalog and the vector store are compared, and how
// fast.
type Config struct {
	Alias    string        // of the active generation's collection
	Interval time.Duration // between two comparisons; 0: never
	Rate     int64         // points read per second, by all shards together; default 10,000
	Look     time.Duration // between two checks that the collections exist; default 5 s
}

// Catalog is the part of the catalog that points are kept true to.
// [catalog.Core] holds it.
type Catalog interface {
	Documents
	RepositoryIDs(ctx context.Context, after, last uuid.UUID, most int) ([]uuid.UUID, error)
	KnownRepositories(ctx context.Context, ids []uuid.UUID) ([]uuid.UUID, error)
}

// Keeper keeps the points of the vector store true to the catalog's documents.
type Keeper struct {
	cfg     Config
	catalog Catalog
	index   *catalog.Generations
	plan    *catalog.Schedule
	points  vector.Store
	limit   *rate.Limiter
	log     *slog.Logger
}

// New returns a Keeper.
func New(
	cfg Config, c Catalog, g *catalog.Generations, plan *catalog.Schedule, points vector.Store, log *slog.Logger,
) *Keeper {
	if cfg.Rate == 0 {
		cfg.Rate = DefaultRate
	}
	if cfg.Look == 0 {
		cfg.Look = DefaultLook
	}
	limit := rate.NewLimiter(rate.Limit(cfg.Rate), int(min(cfg.Rate, 1<<30)))
	return &Keeper{cfg: cfg, catalog: c, index: g, plan: plan, points: points, limit: limit, log: log}
}

// Work returns the work that a schedule is to do.
func (k *Keeper) Work() []schedule.Work {
	if k.cfg.Interval == 0 {
		return nil
	}
	work := []schedule.Work{{Kind: KindStrays, Interval: k.cfg.Interval, Do: k.strays}}
	for shard := range shards {
		work = append(work, schedule.Work{Kind: Kind(shard + 1), Interval: k.cfg.Interval, Do: func(ctx context.Context, run *schedule.Run) error {
			return k.compare(ctx, shard, run)
		}})
	}
	return work
}

// Kinds are the kinds of Work.
func Kinds() []catalog.WorkKind {
	all := []catalog.WorkKind{KindStrays}
	for shard := range shards {
		all = append(all, Kind(shard+1))
	}
	return all
}

// generations returns the generations whose points must match the catalog at any time:
// the active one alone. A repair requeues documents, and a document's state is its
// state in the active generation. So the repair of a retired generation would disturb
// the one that is searched. A rollback begins with a comparison of its own.
func (k *Keeper) generations(ctx context.Context) ([]catalog.Generation, error) {
	active, err := k.index.Active(ctx)
	if errors.Is(err, catalog.ErrNotFound) {
		return nil, nil
	}
	return []catalog.Generation{active}, err
}

func (k *Keeper) comparison(g catalog.Generation, repositories ...uuid.UUID) Comparison {
	return Comparison{Documents: k.catalog, Points: k.points, Collection: g.Collection, Repositories: repositories, Pace: k.pace}
}

// pace keeps to the rate, however many points a page has.
func (k *Keeper) pace(ctx context.Context, points int) error {
	for burst := k.limit.Burst(); points > 0; points -= burst {
		if err := k.limit.WaitN(ctx, min(points, burst)); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// tell counts and logs the result of a repair, even of an interrupted one.
func (k *Keeper) tell(run *schedule.Run, did Repaired, where ...any) {
	if did.Deleted+did.Missing == 0 {
		return
	}
	run.Mend(did.Deleted + did.Missing)
	k.log.Warn("points differed from the catalog", append(where,
		"deleted", did.Deleted, "missing", did.Missing, "documents_requeued", did.Requeued)...)
}

// eachGeneration runs do for each generation, in the order of their numbers,
// from where the run goes on: uuid.Nil is the beginning.
func (k *Keeper) eachGeneration(ctx context.Context, run *schedule.Run, do func(g catalog.Generation, from uuid.UUID) error) error {
	generations, err := k.generations(ctx)
	if err != nil {
		return err
	}
	number, at := parseCursor(run.Cursor())
	for _, g := range generations {
		from := uuid.Nil
		if g.Number == number {
			from = at
		}
		if g.Number < number {
			continue
		}
		if err := do(g, from); err != nil {
			return err
		}
	}
	return nil
}

// cursorAt returns the cursor of a run that goes on in a generation, after an id.
func cursorAt(g catalog.Generation, id uuid.UUID) string {
	return fmt.Sprintf("%d/%s", g.Number, id)
}

// parseCursor reads a cursor. Anything else means the beginning.
func parseCursor(cursor string) (generation int64, id uuid.UUID) {
	number, rest, _ := strings.Cut(cursor, "/")
	generation, numberErr := strconv.ParseInt(number, 10, 64)
	id, idErr := uuid.Parse(rest)
	if numberErr != nil || idErr != nil {
		return 0, uuid.Nil
	}
	return generation, id
}
