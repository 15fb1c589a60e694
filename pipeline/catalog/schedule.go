package catalog

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// keptRuns is how many runs of each kind the catalog remembers.
const keptRuns = 1000

// Schedule is the syncer's work: when each kind of it is due, and its runs.
type Schedule struct{ *store }

// WorkKind names a kind of the syncer's work. The syncer says which kinds there
// are; the catalog keeps the runs of each.
type WorkKind string

// Tally counts the things that a run of the syncer compared, the faults that it found,
// and the faults that it repaired.
type Tally struct {
	Compared, Found, Repaired int64
}

// Due returns the kinds of work whose time has come. A kind that the
// catalog does not know is planned, one interval from now.
func (s *Schedule) Due(ctx context.Context, intervals map[WorkKind]time.Duration) ([]WorkKind, error) {
	kinds := slices.Sorted(maps.Keys(intervals)) // so that two syncers that lock rows cannot deadlock
	var seconds []float64
	for _, kind := range kinds {
		seconds = append(seconds, intervals[kind].Seconds())
	}
	due, err := s.query.DueWork(ctx, as[string](kinds), seconds)
	if err != nil {
		return nil, fmt.Errorf("look for due work: %w", err)
	}
	return as[WorkKind](due), nil
}

// PlanAgain makes kinds of work due now, and from the beginning. A run that is
// under way is followed by another, since it may have passed the cause already.
func (s *Schedule) PlanAgain(ctx context.Context, kinds []WorkKind) error {
	if err := s.query.PlanAgain(ctx, as[string](slices.Sorted(slices.Values(kinds)))); err != nil {
		return fmt.Errorf("plan %d kinds of work again: %w", len(kinds), err)
	}
	return nil
}

// Run is a run under way.
type Run struct {
	ID     int64
	Kind   WorkKind
	Cursor string // the place where the previous run was cut short; "": it was not
}

// Begin records that a run begins. due is false, and nothing is recorded,
// if another syncer was faster. The caller holds the kind's lock.
func (s *Schedule) Begin(ctx context.Context, kind WorkKind) (run Run, due bool, err error) {
	run.Kind = kind
	err = s.inTx(ctx, func(q *query.Queries) error {
		run.Cursor, err = q.BeginWork(ctx, string(kind))
		if noRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		due = true
		run.ID, err = q.BeginRun(ctx, string(kind))
		return err
	})
	if err != nil {
		return run, false, fmt.Errorf("begin %s: %w", kind, err)
	}
	return run, due, nil
}

// Save records how far a run has come. If it ends here, the next run goes on from
// cursor.
func (s *Schedule) Save(ctx context.Context, run Run, t Tally, cursor string) error {
	err := s.query.SaveRun(ctx, query.SaveRunParams{
		ID: run.ID, Kind: string(run.Kind), Cursor: cursor, Compared: t.Compared, Found: t.Found, Repaired: t.Repaired,
	})
	if err != nil {
		return fmt.Errorf("record progress of %s: %w", run.Kind, err)
	}
	return nil
}

// Finish records the end of a run and plans the next, after wait. An empty reason means
// that the run came to its end.
func (s *Schedule) Finish(ctx context.Context, run Run, t Tally, cursor, reason string, wait time.Duration) error {
	err := s.inTx(ctx, func(q *query.Queries) error {
		if err := q.FinishRun(ctx, query.FinishRunParams{
			ID: run.ID, Compared: t.Compared, Found: t.Found, Repaired: t.Repaired, Error: clean(reason, maxReason),
		}); err != nil {
			return err
		}
		if err := q.PlanWork(ctx, cursor, wait.Seconds(), string(run.Kind)); err != nil {
			return err
		}
		return q.TrimRuns(ctx, string(run.Kind), keptRuns)
	})
	if err != nil {
		return fmt.Errorf("finish %s: %w", run.Kind, err)
	}
	return nil
}

// Record records a run that was not planned and has ended.
func (s *Schedule) Record(ctx context.Context, kind WorkKind, started time.Time, t Tally, reason string) error {
	err := s.inTx(ctx, func(q *query.Queries) error {
		if err := q.RecordRun(ctx, query.RecordRunParams{
			Kind: string(kind), StartedAt: started, Compared: t.Compared, Found: t.Found, Repaired: t.Repaired, Error: clean(reason, maxReason),
		}); err != nil {
			return err
		}
		return q.TrimRuns(ctx, string(kind), keptRuns)
	})
	if err != nil {
		return fmt.Errorf("record %s: %w", kind, err)
	}
	return nil
}

// LastRun is the newest run of a kind of the syncer's work.
type LastRun struct {
	Kind WorkKind
	Tally
	StartedAt  *time.Time // nil: it has never run
	FinishedAt *time.Time // nil: it is under way, or its syncer died
	Error      string     // why it was cut short, or what it could not repair
	DueAt      *time.Time // of the next; nil: it is not planned
}

// Last returns the newest run of each kind, by kind.
func (s *Schedule) Last(ctx context.Context) ([]LastRun, error) {
	rows, err := s.query.LastRuns(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the syncer's runs: %w", err)
	}
	runs := make([]LastRun, len(rows))
	for i, r := range rows {
		runs[i] = LastRun{
			Kind: WorkKind(r.Kind), Tally: Tally{r.Compared, r.Found, r.Repaired}, FinishedAt: r.FinishedAt, Error: r.Error, DueAt: r.DueAt,
		}
		if r.StartedAt.Unix() != 0 {
			runs[i].StartedAt = &r.StartedAt
		}
	}
	return runs, nil
}

// as converts texts of one type into texts of another.
func as[To, From ~string](list []From) []To {
	texts := make([]To, len(list))
	for i, text := range list {
		texts[i] = To(text)
	}
	return texts
}

// NoGoodSince returns the end of the newest run of a kind that came to its end without an error,
// or the start of the first run where none did. found is false if there has been no run.
func (s *Schedule) NoGoodSince(ctx context.Context, kind WorkKind) (since time.Time, found bool, err error) {
	since, err = s.query.NoGoodRunSince(ctx, string(kind))
	if noRows(err) {
		return since, false, nil
	}
	if err != nil {
		return since, false, fmt.Errorf("look for the last run of %s: %w", kind, err)
	}
	return since, true, nil
}
