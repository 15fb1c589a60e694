package ingest

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline"
	"github.com/leatworks/leat/pipeline/catalog"
)

// The pace at which a listing asks whether the later workers have caught up: fast at
// first, slower while they have not.
const (
	firstLook = 50 * time.Millisecond
	mostLook  = time.Second
)

// alone runs fn while no other message works on the repository. A message that has to
// wait, perhaps for hours, gives up its place meanwhile: the message at work may be
// waiting for one.
func (s *Step) alone(ctx context.Context, m pipeline.Message, repository uuid.UUID, fn func(context.Context) error) error {
	key := catalog.LockKey(repository)
	if taken, err := s.catalog.Locks.Try(ctx, key, fn); taken || err != nil {
		return err
	}
	m.Wait()
	waiting, stop := untilStopping(ctx, m)
	defer stop()
	began := false
	err := s.catalog.Locks.With(waiting, key, func(context.Context) error {
		began = true
		if err := m.Resume(ctx); err != nil {
			return err
		}
		return fn(ctx)
	})
	if err != nil && !began && ctx.Err() == nil && waiting.Err() != nil {
		return fmt.Errorf("wait for repository %s: %w", repository, pipeline.ErrStopping)
	}
	return err
}

// untilStopping returns a context that also ends when the message must be given back.
func untilStopping(ctx context.Context, m pipeline.Message) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-m.Stopping():
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

func (l *listing) bulk() bool { return l.snapshot.Lane == events.Bulk }

// most is the window of this listing's lane, in documents.
func (l *listing) most() int {
	if l.bulk() {
		return l.step.cfg.BulkWindow
	}
	return l.step.cfg.LiveWindow
}

// batchFiles bounds a batch. A window holds some batches, so that the workers
// after this one have work while the next is read.
func (l *listing) batchFiles() int { return max(min(batchFiles, l.most()/4), 1) }

// free says whether a live listing reads its next batch without a turn: neither it nor
// its tenant has filled the window yet. A push of the usual size never waits.
func (l *listing) free(ctx context.Context) (bool, error) {
	if l.bulk() {
		return false, nil
	}
	l.begun++
	if !l.paced && (l.begun-1)*l.batchFiles() < l.most() {
		if _, fits, err := l.fits(ctx); fits || err != nil {
			return fits, err
		}
	}
	l.paced = true
	l.message.SetAside() // from here on it waits as a bulk listing does
	return false, nil
}

// fits says whether another batch of this listing may be on its way, and how many documents
// are already. In the bulk lane it counts the documents of the track, which may be as many
// as the track's share of its tenant's window. In the live lane it counts the documents of
// all commits of the tenant. There the first batch of a commit has twice the room, so that a
// large commit does not hold up a push of the same tenant.
func (l *listing) fits(ctx context.Context) (documents int64, fits bool, err error) {
	most := l.most()
	if !l.bulk() {
		if l.begun == 1 {
			most *= 2
		}
		documents, err = l.step.catalog.AheadLive(ctx, l.track.Tenant, most+1)
		return documents, documents <= int64(most), err
	}
	ahead, err := l.step.catalog.Ahead(ctx, l.track, most+1)
	return ahead.Documents, ahead.Documents <= int64(most)/max(ahead.Listings, 1), err
}

// turn waits until a listing may read its next batch: the later workers must have
// finished enough of its earlier batches, and it must be its turn among the long
// listings of this process, in which tenants come one after the other.
func (l *listing) turn(ctx context.Context) error {
	if free, err := l.free(ctx); err != nil {
		return err
	} else if free {
		l.unpaced.Add(1)
		return nil
	}
	if err := l.window(ctx); err != nil {
		return err
	}
	select {
	case <-l.message.Stopping():
		return l.stopped(ctx)
	default:
	}
	waiting, stop := untilStopping(ctx, l.message)
	defer stop()
	if err := l.step.turns.Take(waiting, nil, l.track.Tenant); err != nil {
		return l.stopped(ctx)
	}
	l.turns.Add(1)
	return nil
}

// endTurn is called when a batch is stored. Batches are stored in the order in which they
// were read, those without a turn first.
func (l *listing) endTurn() {
	if l.unpaced.Load() > 0 {
		l.unpaced.Add(-1)
		return
	}
	l.turns.Add(-1)
	l.step.turns.Release(l.track.Tenant)
}

// endTurns gives back the turns that a failed listing did not use.
func (l *listing) endTurns() {
	for range l.turns.Swap(0) {
		l.step.turns.Release(l.track.Tenant)
	}
}

// window waits until another batch of this listing fits. So the documents before a small
// repository are bounded, even if a repository of a million files came first; and so are
// those before a push that follows a commit that changes everything. Work that the embedders
// and indexers cannot take yet waits in git rather than in the streams.
func (l *listing) window(ctx context.Context) error {
	for look := firstLook; ; look = min(2*look, mostLook) {
		documents, fits, err := l.fits(ctx)
		if err != nil || fits {
			return err
		}
		if !l.waited {
			l.waited = true
			l.step.log.Info("an ingest of many files waits for embedders and indexers, as it will now and then",
				"repository", l.track.URL, "documents", documents)
		}
		select {
		case <-time.After(look):
		case <-l.message.Stopping():
			return l.stopped(ctx)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (l *listing) stopped(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return fmt.Errorf("list %s: %w", l.track.URL, pipeline.ErrStopping)
}
