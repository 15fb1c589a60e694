package catalog

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// RepositoryIDs pages through the repositories of every tenant by id, up to last
// inclusive.
func (c *Core) RepositoryIDs(ctx context.Context, after, last uuid.UUID, most int) ([]uuid.UUID, error) {
	ids, err := c.query.ListRepositories(ctx, after, last, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list repositories: %w", err)
	}
	return ids, nil
}

// TrackIDs returns the tracks of a repository, by id.
func (c *Core) TrackIDs(ctx context.Context, repository uuid.UUID) ([]uuid.UUID, error) {
	ids, err := c.query.ListRepositoryTracks(ctx, repository)
	if err != nil {
		return nil, fmt.Errorf("list tracks of repository %s: %w", repository, err)
	}
	return ids, nil
}

// TrackContents pages through the documents of a track, by id.
func (c *Core) TrackContents(ctx context.Context, track, after uuid.UUID, most int) ([]Content, error) {
	rows, err := c.query.ListTrackContents(ctx, track, after, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list documents of track %s: %w", track, err)
	}
	list := make([]Content, len(rows))
	for i, r := range rows {
		list[i] = content(query.LoadContentsRow(r))
	}
	return list, nil
}
