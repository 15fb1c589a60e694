package syncer

import (
	"context"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/announce"
	"github.com/leatworks/leat/pipeline/catalog"
)

// forgetPages bounds the documents of one track that are removed in one look,
// in pages of Config.Most.
const forgetPages = 10

// Forget goes on with the repositories and tracks that are being forgotten. It
// removes their documents, and the rows around them once the indexer has deleted
// the last point. It does not need the syncer's lock: it leaves a repository that an
// ingestor or another syncer holds to the next look.
func (s *Step) Forget(ctx context.Context) error {
	if _, err := s.catalog.ForgetSucceeded(ctx, s.cfg.Most); err != nil {
		return err
	}
	tracks, err := s.catalog.Removals.Tracks(ctx, s.cfg.Most)
	if err != nil {
		return err
	}
	for _, t := range tracks {
		if err := s.exclusively(ctx, t.Repository, func(ctx context.Context) error { return s.forgetTrack(ctx, t) }); err != nil {
			return err
		}
	}
	bare, err := s.catalog.Removals.BareRepositories(ctx, s.cfg.Most)
	if err != nil {
		return err
	}
	for _, id := range bare {
		err := s.exclusively(ctx, id, func(ctx context.Context) error { return s.catalog.Removals.DropRepository(ctx, id) })
		if err != nil {
			return err
		}
	}
	return nil
}

// exclusively runs fn under the lock of a repository, if the lock is free.
func (s *Step) exclusively(ctx context.Context, repository uuid.UUID, fn func(context.Context) error) error {
	_, err := s.catalog.Locks.Try(ctx, catalog.LockKey(repository), fn)
	return err
}

func (s *Step) forgetTrack(ctx context.Context, t catalog.Track) error {
	for range forgetPages {
		ids, err := s.catalog.Removals.RemoveDocuments(ctx, t, s.cfg.Most)
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			_, err := s.catalog.Removals.DropTrack(ctx, t)
			return err
		}
		if err := s.announceRemoved(ctx, ids); err != nil {
			return err
		}
	}
	return nil // the rest in the next look: others wait
}

// announceRemoved publishes tombstones, which tell the indexer.
func (s *Step) announceRemoved(ctx context.Context, ids []uuid.UUID) error {
	docs, index, err := s.load(ctx, ids)
	if err != nil {
		return err
	}
	var out []announce.Event
	for _, d := range docs {
		if d.State == catalog.StateRemoved {
			out = append(out, announce.Removed(d, index)...)
		}
	}
	return s.events.Publish(ctx, out...)
}
