// Package schedule does the syncer's periodic work when it is due.
//
// The times are in the catalog, and so is the history of the runs. An advisory
// lock per kind of work keeps two syncers from doing the same work at once.
package schedule

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"sync"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
)

const (
	// DefaultTick is how often a schedule looks for due work.
	DefaultTick = 5 * time.Second
	// workAtOnce leaves database connections to the other steps of a process:
	// each run holds one for its lock.
	workAtOnce = 2
	// retryAfter is the longest wait before failed work is tried again.
	retryAfter  = time.Minute
	finishLimit = 5 * time.Second
)

// workLock is the advisory lock under which work is done, with a hash of its
// kind in the lower half.
const workLock = 0x6c656130_00000000

// Config says how a schedule runs.
type Config struct {
	Tick time.Duration // between two looks for due work; default 5 s
}

// Schedule does work when it is due.
type Schedule struct {
	cfg   Config
	plan  *catalog.Schedule
	locks *catalog.Locks
	work  []Work
	log   *slog.Logger
}

// New returns a schedule of some work. Without work it still serves Now.
func New(cfg Config, plan *catalog.Schedule, locks *catalog.Locks, log *slog.Logger, work ...Work) *Schedule {
	if cfg.Tick == 0 {
		cfg.Tick = DefaultTick
	}
	return &Schedule{cfg: cfg, plan: plan, locks: locks, work: work, log: log}
}

// Run does the due work until ctx ends, and returns when all of it has stopped.
func (s *Schedule) Run(ctx context.Context) {
	intervals := make(map[catalog.WorkKind]time.Duration, len(s.work))
	byKind := make(map[catalog.WorkKind]Work, len(s.work))
	for _, w := range s.work {
		intervals[w.Kind], byKind[w.Kind] = w.Interval, w
	}
	ticker := time.NewTicker(s.cfg.Tick)
	defer ticker.Stop()
	slots := make(chan struct{}, workAtOnce)
	var running sync.Map
	var group sync.WaitGroup
	defer group.Wait()
	for {
		due, err := s.plan.Due(ctx, intervals)
		if err != nil && ctx.Err() == nil {
			s.log.Error("the syncer's schedule cannot be read; will be tried again", "error", err)
		}
		for _, kind := range due {
			if _, busy := running.LoadOrStore(kind, true); busy {
				continue
			}
			group.Go(func() {
				defer running.Delete(kind)
				select {
				case slots <- struct{}{}:
					defer func() { <-slots }()
					s.try(ctx, byKind[kind])
				case <-ctx.Done():
				}
			})
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// try does the work unless another syncer is doing it.
func (s *Schedule) try(ctx context.Context, w Work) {
	_, err := s.locks.Try(ctx, lockOf(w.Kind), func(ctx context.Context) error { return s.do(ctx, w) })
	if err != nil && ctx.Err() == nil {
		s.log.Error("the syncer's work failed; will be tried again", "kind", w.Kind, "error", err)
	}
}

func (s *Schedule) do(ctx context.Context, w Work) error {
	run, due, err := s.plan.Begin(ctx, w.Kind)
	if err != nil || !due {
		return err
	}
	began := time.Now()
	r := &Run{plan: s.plan, run: run, at: run.Cursor}
	err = w.Do(ctx, r)
	wait, cursor, reason := w.jittered(), "", ""
	var unrepaired Unrepaired
	ended := errors.As(err, &unrepaired)
	switch {
	case err == nil:
	case ended:
		reason = unrepaired.What
		s.log.Error("the syncer could not repair all that it found", "kind", w.Kind, "what", reason)
	case ctx.Err() != nil:
		wait, cursor, reason = 0, r.at, "interrupted"
	default:
		wait, cursor, reason = min(wait, retryAfter), r.at, err.Error()
	}
	if r.Found > 0 || r.Repaired > 0 {
		s.log.Info("the syncer found differences", "kind", w.Kind,
			"compared", r.Compared, "found", r.Found, "repaired", r.Repaired, "took", time.Since(began).Round(time.Millisecond))
	}
	// The run is recorded even when the process is ending.
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishLimit)
	defer cancel()
	if finishErr := s.plan.Finish(finish, run, r.Tally, cursor, reason, wait); finishErr != nil {
		return finishErr
	}
	if ended {
		return nil
	}
	return err
}

// Now does the work once, in the foreground, due or not. It waits for a syncer
// that is doing the same work.
func (s *Schedule) Now(ctx context.Context, w Work) (catalog.Tally, error) {
	r := &Run{plan: s.plan}
	err := s.locks.With(ctx, lockOf(w.Kind), func(ctx context.Context) error {
		began, reason := time.Now(), ""
		err := w.Do(ctx, r)
		if err != nil {
			reason = err.Error()
		}
		finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishLimit)
		defer cancel()
		if recordErr := s.plan.Record(finish, w.Kind, began, r.Tally, reason); recordErr != nil && err == nil {
			return recordErr
		}
		return err
	})
	if err != nil {
		return r.Tally, fmt.Errorf("%s: %w", w.Kind, err)
	}
	return r.Tally, nil
}

func lockOf(kind catalog.WorkKind) int64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(kind)) // a hash never returns an error
	return workLock | int64(h.Sum32())
}
