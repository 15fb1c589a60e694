package catalog

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// Room is what a tenant has of repositories and documents beside one repository and one
// track, and the most that it may have. 0 is no limit, and is not counted.
type Room struct {
	Repositories, MaxRepositories int64
	Documents, MaxDocuments       int64
}

// Room returns the room that a tenant has for a track of a repository.
func (c *Core) Room(ctx context.Context, tenant string, repository, track uuid.UUID) (Room, error) {
	r, err := c.query.RoomOf(ctx, tenant, repository, track)
	if noRows(err) {
		return Room{}, nil
	}
	if err != nil {
		return Room{}, fmt.Errorf("load the limits of tenant %s: %w", tenant, err)
	}
	return Room{r.Repositories, r.MaxRepositories, r.Documents, r.MaxDocuments}, nil
}
