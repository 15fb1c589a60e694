package syncer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/time/rate"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/vector"
)

// pointShards is in how many parts, by the first bits of their ids, repositories
// are compared: as many syncers can be at it side by side.
const pointShards = 4

// KindStrays is the work on points of repositories that the catalog does not
// know. That on the others is of kind "points 1/4" to "points 4/4".
const KindStrays = "strays"

// KindPoints is the work on a shard of the repositories, counted from 1.
func KindPoints(shard int) string { return fmt.Sprintf("points %d/%d", shard, pointShards) }

// DefaultPointRate leaves Qdrant most of its speed: a page of 1,000 marks takes
// it some milliseconds.
const DefaultPointRate = 10_000

// A catalog that knows of so few of the points is another index's, or an old
// one: that is for a person to judge.
const fewStrays = 1000

// PointConfig says how often the catalog and Qdrant are compared, and how hard.
type PointConfig struct {
	Alias    string        // of the active generation's collection
	Interval time.Duration // between two comparisons; 0: never
	Rate     int64         // points a second that are read, of all shards together; default 10,000
	Look     time.Duration // between two looks at whether the collections are there; default 5 s
}

// Points keeps the points of Qdrant true to the catalog's documents.
type Points struct {
	cfg     PointConfig
	catalog *catalog.Catalog
	points  vector.Store
	limit   *rate.Limiter
	log     *slog.Logger
}

// NewPoints returns them.
func NewPoints(cfg PointConfig, c *catalog.Catalog, points vector.Store, log *slog.Logger) *Points {
	if cfg.Rate == 0 {
		cfg.Rate = DefaultPointRate
	}
	if cfg.Look == 0 {
		cfg.Look = DefaultInterval
	}
	limit := rate.NewLimiter(rate.Limit(cfg.Rate), int(min(cfg.Rate, 1<<30)))
	return &Points{cfg: cfg, catalog: c, points: points, limit: limit, log: log}
}

// Work is what a schedule is to do.
func (p *Points) Work() []Work {
	if p.cfg.Interval == 0 {
		return nil
	}
	work := []Work{{KindStrays, p.cfg.Interval, p.strays}}
	for shard := range pointShards {
		work = append(work, Work{KindPoints(shard + 1), p.cfg.Interval, func(ctx context.Context, run *Run) error {
			return p.compare(ctx, shard, run)
		}})
	}
	return work
}

// pointKinds are the kinds of Work.
func pointKinds() []string {
	kinds := []string{KindStrays}
	for shard := range pointShards {
		kinds = append(kinds, KindPoints(shard+1))
	}
	return kinds
}

// generations are those whose points are to be what the catalog says at any
// time: the active one. What a repair requeues is the document, whose state is
// that of the active generation, so that a gap in a retired one would unsettle
// what is searched. A rollback begins with a comparison of its own.
func (p *Points) generations(ctx context.Context) ([]catalog.Generation, error) {
	active, err := p.catalog.Generations.Active(ctx)
	if errors.Is(err, catalog.ErrNotFound) {
		return nil, nil
	}
	return []catalog.Generation{active}, err
}

func (p *Points) comparison(g catalog.Generation, repositories ...uuid.UUID) comparison {
	return comparison{catalog: p.catalog, points: p.points, collection: g.Collection, repositories: repositories, pace: p.pace}
}

// pace keeps to the rate, however many points a page has.
func (p *Points) pace(ctx context.Context, points int) error {
	for burst := p.limit.Burst(); points > 0; points -= burst {
		if err := p.limit.WaitN(ctx, min(points, burst)); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// compare goes through the repositories of a shard, by checksum, and repairs
// those whose points differ. It counts points.
func (p *Points) compare(ctx context.Context, shard int, run *Run) error {
	return p.eachGeneration(ctx, run, func(g catalog.Generation, from uuid.UUID) error {
		for id, err := range p.repositories(ctx, shard, from) {
			if err != nil {
				return err
			}
			if err := p.compareRepository(ctx, g, id, run); err != nil {
				return err
			}
			if err := run.Save(ctx, pointCursor(g, id)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p *Points) compareRepository(ctx context.Context, g catalog.Generation, id uuid.UUID, run *Run) error {
	c := p.comparison(g, id)
	equal, compared, err := c.equal(ctx)
	if err != nil {
		return err
	}
	run.Compared += compared
	if equal {
		return nil
	}
	did, missing, err := c.repair(ctx)
	p.tell(run, did, missing, "generation", g.Number, "repository", id)
	return err
}

// tell counts and logs what a repair did, also one that was cut short.
func (p *Points) tell(run *Run, did Repaired, missing int64, where ...any) {
	n := did.DeletedPoints + missing
	if n == 0 {
		return
	}
	run.Found += n
	run.Repaired += n
	p.log.Warn("points differed from the catalog", append(where,
		"deleted", did.DeletedPoints, "missing", missing, "documents_requeued", did.RequeuedDocuments)...)
}

// strays deletes the points of repositories that the catalog does not know. It
// looks for them only if the collection holds more or less than what is there
// of those that it does.
func (p *Points) strays(ctx context.Context, run *Run) error {
	return p.eachGeneration(ctx, run, func(g catalog.Generation, from uuid.UUID) error {
		if from == uuid.Nil {
			look, err := p.countStrays(ctx, g, run)
			if err != nil || !look {
				return err
			}
		}
		c := p.comparison(g)
		for page, err := range c.marks(ctx, from) {
			if err != nil {
				return err
			}
			last := page[len(page)-1].ID
			if err := p.deleteStrays(ctx, c, page, run); err != nil {
				return err
			}
			if err := run.Save(ctx, pointCursor(g, last)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p *Points) countStrays(ctx context.Context, g catalog.Generation, run *Run) (bool, error) {
	var known uint64
	for shard := range pointShards {
		for id, err := range p.repositories(ctx, shard, uuid.Nil) {
			if err != nil {
				return false, err
			}
			n, err := p.points.CountOf(ctx, g.Collection, id)
			if err != nil {
				return false, err
			}
			known += n
		}
	}
	all, err := p.points.CountAll(ctx, g.Collection)
	if err != nil {
		return false, err
	}
	run.Compared += int64(all)
	if strange := int64(all) - int64(known); strange > fewStrays && 2*known < all {
		return false, fmt.Errorf("%d of %d points of %s are of repositories that the catalog does not know: "+
			"check that they belong together, then run 'leat verify --repair'", strange, all, g.Collection)
	}
	return all != known, nil
}

func (p *Points) deleteStrays(ctx context.Context, c comparison, page []vector.Mark, run *Run) error {
	unknown := make(map[uuid.UUID]bool)
	for _, m := range page {
		unknown[m.Repository] = true
	}
	known, err := p.catalog.KnownRepositories(ctx, keysOf(unknown))
	if err != nil {
		return err
	}
	for _, id := range known {
		delete(unknown, id)
	}
	var did Repaired
	err = c.deleteWrong(ctx, slices.DeleteFunc(page, func(m vector.Mark) bool { return !unknown[m.Repository] }), &did)
	p.tell(run, did, 0, "collection", c.collection, "repositories", "unknown")
	return err
}

// eachGeneration runs do for each generation, in the order of their numbers,
// from where the run goes on: uuid.Nil is the beginning.
func (p *Points) eachGeneration(ctx context.Context, run *Run, do func(g catalog.Generation, from uuid.UUID) error) error {
	generations, err := p.generations(ctx)
	if err != nil {
		return err
	}
	number, at := parsePointCursor(run.Cursor())
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

// pointCursor says where a run goes on: in a generation, after an id.
func pointCursor(g catalog.Generation, id uuid.UUID) string {
	return fmt.Sprintf("%d/%s", g.Number, id)
}

// parsePointCursor reads one; what is none is the beginning.
func parsePointCursor(cursor string) (generation int64, id uuid.UUID) {
	number, rest, _ := strings.Cut(cursor, "/")
	generation, numberErr := strconv.ParseInt(number, 10, 64)
	id, idErr := uuid.Parse(rest)
	if numberErr != nil || idErr != nil {
		return 0, uuid.Nil
	}
	return generation, id
}
