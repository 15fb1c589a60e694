package syncer

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
)

const (
	// DefaultTick is how often a syncer asks whether work is due.
	DefaultTick = 5 * time.Second
	// workAtOnce leaves locks to the other steps of a process: each run holds one.
	workAtOnce = 2
	// retryAfter is how soon work that failed is tried again, at the earliest.
	retryAfter  = time.Minute
	finishLimit = 5 * time.Second
)

// workLock is the advisory lock under which work is done, with a hash of its
// kind in the lower half.
const workLock = 0x6c656130_00000000

// Work is one kind of what the syncer does at an interval. The catalog says
// when each kind is due, so that any number of syncers share it, and one at a
// time is at it.
type Work struct {
	Kind     string
	Interval time.Duration // from the end of one run to the beginning of the next, give or take a tenth
	// Do does it. An error plans it again soon, and it goes on from where it
	// has saved; an Unrepaired is no such error.
	Do func(context.Context, *Run) error
}

// Run is one run of a kind of work, and counts what it does.
type Run struct {
	catalog.Tally
	catalog *catalog.Catalog
	run     catalog.Run
	at      string
}

// Cursor is where the run goes on: what a run that was cut short has saved, ""
// at the beginning.
func (r *Run) Cursor() string { return r.at }

// Save records how far the run has come.
func (r *Run) Save(ctx context.Context, cursor string) error {
	r.at = cursor
	if r.run.ID == 0 { // in the foreground
		return nil
	}
	return r.catalog.Schedule.Save(ctx, r.run, r.Tally, cursor)
}

// Unrepaired is the error of a run that came to its end and could not repair
// all that it found.
type Unrepaired struct{ What string }

func (u Unrepaired) Error() string { return u.What }

// Schedule does work when it is due.
type Schedule struct {
	Catalog *catalog.Catalog
	Work    []Work
	Tick    time.Duration // default DefaultTick
	Log     *slog.Logger
}

// Run does what is due until ctx ends, and returns when it has stopped.
func (s *Schedule) Run(ctx context.Context) {
	intervals := make(map[string]time.Duration, len(s.Work))
	byKind := make(map[string]Work, len(s.Work))
	for _, w := range s.Work {
		intervals[w.Kind], byKind[w.Kind] = w.Interval, w
	}
	if s.Tick == 0 {
		s.Tick = DefaultTick
	}
	ticker := time.NewTicker(s.Tick)
	defer ticker.Stop()
	slots := make(chan struct{}, workAtOnce)
	var running sync.Map
	var group sync.WaitGroup
	defer group.Wait()
	for {
		due, err := s.Catalog.Schedule.Due(ctx, intervals)
		if err != nil && ctx.Err() == nil {
			s.Log.Error("the syncer's schedule cannot be read; will be tried again", "error", err)
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

// try does the work unless another syncer is at it.
func (s *Schedule) try(ctx context.Context, w Work) {
	_, err := s.Catalog.Locks.Try(ctx, lockOf(w.Kind), func(ctx context.Context) error { return s.do(ctx, w) })
	if err != nil && ctx.Err() == nil {
		s.Log.Error("the syncer's work failed; will be tried again", "kind", w.Kind, "error", err)
	}
}

func (s *Schedule) do(ctx context.Context, w Work) error {
	run, due, err := s.Catalog.Schedule.Begin(ctx, w.Kind)
	if err != nil || !due {
		return err
	}
	began := time.Now()
	r := &Run{catalog: s.Catalog, run: run, at: run.Cursor}
	err = w.Do(ctx, r)
	wait, cursor, reason := w.jittered(), "", ""
	var unrepaired Unrepaired
	ended := errors.As(err, &unrepaired)
	switch {
	case err == nil:
	case ended:
		reason = unrepaired.What
		s.Log.Error("the syncer could not repair all that it found", "kind", w.Kind, "what", reason)
	case ctx.Err() != nil:
		wait, cursor, reason = 0, r.at, "interrupted"
	default:
		wait, cursor, reason = min(wait, retryAfter), r.at, err.Error()
	}
	if r.Found > 0 || r.Repaired > 0 {
		s.Log.Info("the syncer found differences", "kind", w.Kind,
			"compared", r.Compared, "found", r.Found, "repaired", r.Repaired, "took", time.Since(began).Round(time.Millisecond))
	}
	// What was done is recorded also at the process's end.
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishLimit)
	defer cancel()
	if finishErr := s.Catalog.Schedule.Finish(finish, run, r.Tally, cursor, reason, wait); finishErr != nil {
		return finishErr
	}
	if ended {
		return nil
	}
	return err
}

// Now does the work once, in the foreground, whether it is due or not. It
// waits for a syncer that is at it.
func (s *Schedule) Now(ctx context.Context, w Work) (catalog.Tally, error) {
	r := &Run{catalog: s.Catalog}
	err := s.Catalog.Locks.With(ctx, lockOf(w.Kind), func(ctx context.Context) error {
		began, reason := time.Now(), ""
		err := w.Do(ctx, r)
		if err != nil {
			reason = err.Error()
		}
		finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishLimit)
		defer cancel()
		if recordErr := s.Catalog.Schedule.Record(finish, w.Kind, began, r.Tally, reason); recordErr != nil && err == nil {
			return recordErr
		}
		return err
	})
	if err != nil {
		return r.Tally, fmt.Errorf("%s: %w", w.Kind, err)
	}
	return r.Tally, nil
}

// jittered spreads what was begun together.
func (w Work) jittered() time.Duration {
	return time.Duration(float64(w.Interval) * (0.9 + 0.2*rand.Float64()))
}

func lockOf(kind string) int64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(kind)) // a hash never returns an error
	return workLock | int64(h.Sum32())
}
