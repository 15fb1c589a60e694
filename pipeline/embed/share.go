package embed

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
)

const (
	// claimLease is how long the texts of a process that died stay claimed.
	claimLease = time.Minute
	// elsewherePause is how long to leave it to another process to embed a text,
	// before the catalog is asked again.
	elsewherePause = 500 * time.Millisecond
	// releaseLimit is for what is done although the work was given up.
	releaseLimit = 5 * time.Second
)

// share claims texts in the catalog, so that no two processes pay for one. It
// returns those that are this process's to embed, and whether others are at
// work on some. end gives the claims back.
//
// A claim is held for as long as the work takes, and expires when its process
// dies. Two may then embed a text, which costs money and does no harm.
func (s *Step) share(ctx context.Context, wanted []catalog.Text) (mine []catalog.Text, elsewhere bool, end func(), err error) {
	if s.remote == nil || len(wanted) == 0 {
		return wanted, false, func() {}, nil
	}
	hashes := make([][32]byte, len(wanted))
	for i, w := range wanted {
		hashes[i] = w.SHA256
	}
	claimed, stored, err := s.usage.Claim(ctx, s.id, s.holder, claimLease, hashes)
	if err != nil {
		return nil, false, nil, err
	}
	for _, w := range wanted {
		switch {
		case claimed[w.SHA256]:
			mine = append(mine, w)
		case !stored[w.SHA256]:
			elsewhere = true
		}
	}
	return mine, elsewhere, s.hold(ctx, hashes), nil
}

// hold renews claims until it is told that they are over.
func (s *Step) hold(ctx context.Context, hashes [][32]byte) (end func()) {
	renewing, stop := context.WithCancel(ctx)
	var renewer sync.WaitGroup
	renewer.Go(func() {
		ticker := time.NewTicker(claimLease / 4)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				_ = s.usage.Renew(renewing, s.id, s.holder, claimLease, hashes) // the next one may succeed; else it expires
			case <-renewing.Done():
				return
			}
		}
	})
	return func() {
		stop()
		renewer.Wait()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseLimit)
		defer cancel()
		_ = s.usage.Release(ctx, s.id, s.holder, hashes) // else they expire
	}
}

// pause lets another process embed.
func pause(ctx context.Context) error {
	timer := time.NewTimer(elsewherePause/2 + rand.N(elsewherePause))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
