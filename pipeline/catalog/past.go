package catalog

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/google/uuid"
)

// Past is a commit at which a track is, or was.
type Past struct {
	Track    uuid.UUID
	Revision int64  // of its snapshot
	Commit   string // hex
}

// Past lists at most most snapshots of repositories whose commits begin with some hex
// digits, the newest first, as long as they are kept. Each was listed to its end.
func (c *Core) Past(ctx context.Context, repositories []uuid.UUID, beginning string, most int) ([]Past, error) {
	rows, err := c.query.FindPast(ctx, repositories, beginning, int32(most))
	if err != nil {
		return nil, fmt.Errorf("find commit %s of %d repositories: %w", beginning, len(repositories), err)
	}
	list := make([]Past, len(rows))
	for i, r := range rows {
		list[i] = Past{r.Track, r.Revision, hex.EncodeToString(r.Commit)}
	}
	return list, nil
}
