package schedule

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
)

// Work is one kind of periodic work. The catalog records when each kind is due,
// so any number of syncers share it, and one at a time does it.
type Work struct {
	Kind     catalog.WorkKind
	Interval time.Duration // from the end of one run to the start of the next, give or take a tenth
	// Do does the work. After an error the work is due again soon, and goes on
	// from the last saved cursor. An Unrepaired ends the run instead.
	Do func(context.Context, *Run) error
}

// jittered spreads work that was begun together.
func (w Work) jittered() time.Duration {
	return time.Duration(float64(w.Interval) * (0.9 + 0.2*rand.Float64()))
}

// Run is one run of a kind of work, and counts what it does.
type Run struct {
	catalog.Tally
	plan *catalog.Schedule
	run  catalog.Run
	at   string
}

// Cursor is the place where the run goes on: the one that an interrupted run
// saved, or "" at the beginning.
func (r *Run) Cursor() string { return r.at }

// Save records how far the run has come.
func (r *Run) Save(ctx context.Context, cursor string) error {
	r.at = cursor
	if r.run.ID == 0 { // in the foreground
		return nil
	}
	return r.plan.Save(ctx, r.run, r.Tally, cursor)
}

// Mend counts n differences that were found and put right.
func (r *Run) Mend(n int64) {
	r.Found += n
	r.Repaired += n
}

// Unrepaired is the error of a run that came to its end but could not repair
// everything it found.
type Unrepaired struct{ What string }

func (u Unrepaired) Error() string { return u.What }
