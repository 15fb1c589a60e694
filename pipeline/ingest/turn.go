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
	if taken, err := s.locks.Try(ctx, key, fn); taken || err != nil {
		return err
	}
	m.Wait()
	waiting, stop := untilStopping(ctx, m)
	defer stop()
	began := false
	err := s.locks.With(waiting, key, func(context.Context) error {
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

// batchFiles bounds a batch. A window holds some batches, so that the workers
// after this one have work while the next is read.
func (l *listing) batchFiles() int {
	if l.bulk() {
		return max(min(batchFiles, l.step.cfg.BulkWindow/4), 1)
	}
	return batchFiles
}

// turn waits until a bulk listing may read its next batch: the later workers must have
// finished enough of its earlier batches, and it must be its turn among the bulk
// listings of this process. A live listing never waits.
func (l *listing) turn(ctx context.Context) error {
	if !l.bulk() {
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
	if err := l.step.turns.Acquire(waiting, 1); err != nil {
		return l.stopped(ctx)
	}
	l.turns.Add(1)
	return nil
}

// endTurn is called when a batch is stored.
func (l *listing) endTurn() {
	if l.bulk() {
		l.turns.Add(-1)
		l.step.turns.Release(1)
	}
}

// endTurns gives back the turns that a failed listing did not use.
func (l *listing) endTurns() { l.step.turns.Release(l.turns.Swap(0)) }

// window waits until the track has no more documents on their way than its share of its
// tenant's window. So a repository of a hundred files that comes after one of a million
// has a bounded number of documents before it. Work that the embedders and indexers
// cannot take yet waits in git rather than in the streams.
func (l *listing) window(ctx context.Context) error {
	for look := firstLook; ; look = min(2*look, mostLook) {
		ahead, err := l.step.catalog.Ahead(ctx, l.track, l.step.cfg.BulkWindow+1)
		if err != nil {
			return err
		}
		if ahead.Documents <= int64(l.step.cfg.BulkWindow)/max(ahead.Listings, 1) {
			return nil
		}
		if !l.waited {
			l.waited = true
			l.step.log.Info("a bulk ingest waits for embedders and indexers, as it will now and then",
				"repository", l.track.URL, "documents", ahead.Documents, "listings", ahead.Listings)
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
