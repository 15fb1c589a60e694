package ingest

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
)

// Sweep removes the mirrors of repositories that the catalog does not know, because
// they have been forgotten.
func (s *Step) Sweep(ctx context.Context) error {
	names, err := s.mirrors.List()
	if err != nil {
		return err
	}
	for group := range slices.Chunk(names, groupFiles) {
		var ids []uuid.UUID
		for _, name := range group {
			if id, err := uuid.Parse(name); err == nil && id.String() == name {
				ids = append(ids, id)
			}
		}
		unknown, err := s.unknownOf(ctx, ids)
		if err != nil {
			return err
		}
		for _, id := range unknown {
			if err := s.sweep(ctx, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// sweep removes one mirror, unless its repository is being submitted again: an
// ingestor records a repository under the same lock before it fetches.
func (s *Step) sweep(ctx context.Context, id uuid.UUID) error {
	_, err := s.catalog.Locks.Try(ctx, catalog.LockKey(id), func(ctx context.Context) error {
		unknown, err := s.unknownOf(ctx, []uuid.UUID{id})
		if err != nil || len(unknown) == 0 {
			return err
		}
		s.log.Info("removing the mirror of a repository that is no more", "repository", id)
		return s.mirrors.Remove(ctx, id.String())
	})
	return err
}

func (s *Step) unknownOf(ctx context.Context, ids []uuid.UUID) ([]uuid.UUID, error) {
	known, err := s.catalog.KnownRepositories(ctx, ids)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(ids, func(id uuid.UUID) bool { return slices.Contains(known, id) }), nil
}

const (
	againSource = "/leat/ingestor" // names the publisher of what ReadAgain asks for
	againEvery  = time.Hour
	againMost   = 100
)

// ReadAgain submits tracks again that were read by another configuration or by older
// rules, so that secrets that new rules mask leave the index before the next push.
func (s *Step) ReadAgain(ctx context.Context) error {
	n, err := s.catalog.Submissions.ReadAgain(ctx, againSource, func(domain string) [32]byte { return within(domain, s.config) }, againEvery, againMost)
	if n > 0 {
		s.log.Info("reading again what another configuration or older rules have read", "tracks", n)
	}
	return err
}

// SweepEvery calls Sweep and ReadAgain at an interval until ctx ends. It logs an error;
// the next call may succeed.
func (s *Step) SweepEvery(ctx context.Context, interval time.Duration) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		if err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("mirrors were not swept; will be tried again", "error", err)
		}
		if err := s.ReadAgain(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("what older rules have read was not looked for; will be tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
