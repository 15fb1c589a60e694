package embed

import (
	"context"
	"sync"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
)

const (
	// claimLease is the time after which the claims of a process that died expire.
	claimLease = time.Minute
	// elsewherePause is the time between two looks at a text that another process is embedding.
	elsewherePause = 500 * time.Millisecond
	// releaseLimit bounds the cleanup after work that was cancelled.
	releaseLimit = 5 * time.Second
)

// share claims texts in the catalog, so that no two processes pay for the same text. A text that has a dense vector
// costs nothing and needs no claim. share returns the texts that this process has claimed, and whether other processes
// are at work on some of the rest. end releases the claims.
//
// A claim is renewed while the work lasts, and expires if the process dies. Two processes can then embed the same
// text, which costs money and does no other harm.
func (s *Step) share(ctx context.Context, wanted []catalog.Text) (mine []catalog.Text, elsewhere bool, end func(), err error) {
	if s.remote == nil || len(wanted) == 0 {
		return wanted, false, func() {}, nil
	}
	var hashes [][32]byte
	for _, w := range wanted {
		if !w.Embedded() {
			hashes = append(hashes, w.SHA256)
		}
	}
	if len(hashes) == 0 {
		return wanted, false, func() {}, nil
	}
	claimed, stored, err := s.usage.Claim(ctx, s.id, s.holder, claimLease, hashes)
	if err != nil {
		return nil, false, nil, err
	}
	for _, w := range wanted {
		switch {
		case w.Embedded() || claimed[w.SHA256]:
			mine = append(mine, w)
		case !stored[w.SHA256]:
			elsewhere = true
		}
	}
	return mine, elsewhere, s.hold(ctx, hashes), nil
}

// hold renews claims until end is called, which releases them.
func (s *Step) hold(ctx context.Context, hashes [][32]byte) (end func()) {
	renewing, stop := context.WithCancel(ctx)
	var renewer sync.WaitGroup
	renewer.Go(func() {
		ticker := time.NewTicker(claimLease / 4)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				_ = s.usage.Renew(renewing, s.id, s.holder, claimLease, hashes) // the next renewal may succeed; else the claims expire
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
