package catalog

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Reasons why a tenant gets no more: it has all the repositories that it may have, or would
// have more documents than it may have.
var (
	ErrNoRoom          = errors.New("the tenant has as many repositories as it may")
	ErrNoDocumentsRoom = errors.New("the tenant would have more documents than it may")
)

// Room holds how many repositories and documents a tenant has, apart from one repository and
// one track, and how many it may have. A limit of 0 is no limit, and nothing is counted then.
type Room struct {
	Repositories, MaxRepositories int64
	Documents, MaxDocuments       int64
}

// Room returns the room that a tenant has for a track of a repository.
func (ts *Tenants) Room(ctx context.Context, tenant string, repository, track uuid.UUID) (Room, error) {
	r, err := ts.query.RoomOf(ctx, tenant, repository, track)
	if noRows(err) {
		return Room{}, nil
	}
	if err != nil {
		return Room{}, fmt.Errorf("load the limits of tenant %s: %w", tenant, err)
	}
	return Room{r.Repositories, r.MaxRepositories, r.Documents, r.MaxDocuments}, nil
}

// takeRoom holds a place for a repository until the transaction ends. It returns ErrNoRoom
// if all places of the tenant are taken. A repository that has a place needs no other.
func takeRoom(ctx context.Context, q *query.Queries, tenant string, repository uuid.UUID) error {
	most, err := q.LockRoom(ctx, tenant, repository)
	if noRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	room, err := q.RoomOf(ctx, tenant, repository, uuid.Nil) // nobody else takes a place from here on
	if err == nil && room.Repositories >= most {
		err = ErrNoRoom
	}
	return err
}

// takeDocuments locks a tenant's limit of documents until the end of the transaction, which
// records how many documents a track is going to have. It returns ErrNoDocumentsRoom if they
// are too many beside the documents of the tenant's other tracks.
func takeDocuments(ctx context.Context, q *query.Queries, t Track, expected int64) error {
	most, err := q.LockLimit(ctx, t.Tenant)
	if noRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	room, err := q.RoomOf(ctx, t.Tenant, t.Repository, t.ID) // nobody else takes room from here on
	if err == nil && room.Documents+expected > most {
		err = ErrNoDocumentsRoom
	}
	return err
}
