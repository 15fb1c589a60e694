//go:build linux

package chaos

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/internal/wait"
)

// turns counts how often tracks were told to fall asleep and to wake while things broke.
type turns struct{ Slept, Woken int }

// turnPause is the mean pause between two turns.
const turnPause = 2 * time.Second

func (t track) id() uuid.UUID {
	return events.TrackID(events.RepositoryID(events.DefaultTenant, t.dir), t.ref)
}

// turn tells tracks to fall asleep and to wake until ctx ends, at the same time as pushes and
// faults. An attempt that fails because of a fault does not count.
func (r *run) turn(ctx context.Context) {
	random := rand.New(rand.NewPCG(r.cfg.Seed, 4))
	for ctx.Err() == nil {
		t, sleep := r.world.tracks[random.IntN(trackCount)], random.IntN(2) == 0
		_ = wait.For(ctx, turnPause/2+time.Duration(random.Int64N(int64(turnPause))))
		o, err := r.openParts(ctx, store.Postgres)
		if err != nil {
			continue
		}
		do := o.Catalog.Dormancy.Wake
		if sleep {
			do = o.Catalog.Dormancy.Sleep
		}
		turned, err := do(ctx, []uuid.UUID{t.id()})
		o.Close()
		if err != nil {
			continue
		}
		r.mu.Lock()
		if sleep {
			r.report.Turns.Slept += len(turned)
		} else {
			r.report.Turns.Woken += len(turned)
		}
		r.mu.Unlock()
	}
}

// wakeAll wakes every track, so that the index can be compared with a fresh one.
func (r *run) wakeAll(ctx context.Context) error {
	var ids []uuid.UUID
	for _, t := range r.world.tracks {
		ids = append(ids, t.id())
	}
	for {
		o, err := r.openParts(ctx, store.Postgres)
		if err == nil {
			_, err = o.Catalog.Dormancy.Wake(ctx, ids)
			o.Close()
		}
		if err == nil || ctx.Err() != nil {
			return err
		}
		_ = wait.For(ctx, settleInterval)
	}
}
