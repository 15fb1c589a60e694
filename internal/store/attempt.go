package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/leatworks/leat/internal/fault"
)

// The pauses between attempts double from the first to the longest.
const (
	firstPause   = 250 * time.Millisecond
	longestPause = 15 * time.Second
)

// Attempt is an action that may fail while a store is not up yet.
type Attempt struct {
	Name  string // for example Postgres
	Flags string // flags that the operator can change, for example --postgres-url
	Do    func(context.Context) error
}

// Persist calls Do until it succeeds, returns an error that waiting cannot mend
// (fault.Reject), or ctx ends.
func (a Attempt) Persist(ctx context.Context, log *slog.Logger) error {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		err := a.Do(ctx)
		if err == nil {
			return nil
		}
		if kind, _ := fault.Of(err); kind == fault.KindReject {
			return fmt.Errorf("open %s (%s): %w", a.Name, a.Flags, err)
		}
		if ctx.Err() != nil {
			return fmt.Errorf("open %s: %w", a.Name, errors.Join(ctx.Err(), err))
		}
		log.Warn("not ready yet; trying again", "store", a.Name, "wait", pause, "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(pause/2 + rand.N(pause/2)):
		}
	}
}
