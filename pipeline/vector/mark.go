package vector

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/google/uuid"
	"github.com/qdrant/go-client/qdrant"
)

// Mark is what tells of a point whether it may be there: its id, and as much of
// its payload as that takes. What is not of the form that Upsert writes is zero.
type Mark struct {
	ID         uuid.UUID
	Tenant     string
	Repository uuid.UUID
	Document   uuid.UUID
	Path       string
	Blob       string // SHA-256 in hex
	Revision   int64
}

var markFields = []string{fieldTenant, fieldRepository, fieldDocument, fieldPath, fieldBlob, fieldRevision}

// Marks yields the marks of every tenant's points in some repositories, or in
// all, by id ascending, beginning with from. It ends with the first error.
// Points written while it runs may be missed.
func (s *Store) Marks(ctx context.Context, collection string, repositories []uuid.UUID, from uuid.UUID) iter.Seq2[Mark, error] {
	request := &qdrant.ScrollPoints{
		CollectionName: collection,
		Filter:         inRepositories(repositories),
		Limit:          qdrant.PtrOf(uint32(pageSize)),
		WithPayload:    qdrant.NewWithPayloadInclude(markFields...),
		WithVectors:    qdrant.NewWithVectors(false),
	}
	return func(yield func(Mark, error) bool) {
		for page, err := range s.pages(ctx, request, pointID(from)) {
			if err != nil {
				yield(Mark{}, err)
				return
			}
			for _, found := range page {
				mark, err := decodeMark(found)
				if err != nil {
					err = fmt.Errorf("scroll %s: %w", collection, err)
				}
				if !yield(mark, err) || err != nil {
					return
				}
			}
		}
	}
}

// Held returns the marks of those of ids that the collection holds, in no order.
func (s *Store) Held(ctx context.Context, collection string, ids []uuid.UUID) ([]Mark, error) {
	var marks []Mark
	for part := range slices.Chunk(ids, pageSize) {
		points, err := s.get(ctx, collection, part, qdrant.NewWithPayloadInclude(markFields...))
		if err != nil {
			return nil, err
		}
		for _, found := range points {
			mark, err := decodeMark(found)
			if err != nil {
				return nil, fmt.Errorf("look up points of %s: %w", collection, err)
			}
			marks = append(marks, mark)
		}
	}
	return marks, nil
}

// DeleteMarked deletes points as they were when they were marked: one that has
// been written since, at a later revision, stays.
func (s *Store) DeleteMarked(ctx context.Context, collection string, marks []Mark) error {
	for part := range slices.Chunk(marks, pageSize) {
		byRevision := make(map[int64][]uuid.UUID)
		for _, mark := range part {
			byRevision[mark.Revision] = append(byRevision[mark.Revision], mark.ID)
		}
		var conditions []*qdrant.Condition
		for revision, ids := range byRevision {
			conditions = append(conditions, qdrant.NewFilterAsCondition(&qdrant.Filter{
				Must:    []*qdrant.Condition{qdrant.NewHasID(pointIDs(ids)...)},
				MustNot: []*qdrant.Condition{qdrant.NewRange(fieldRevision, &qdrant.Range{Gt: qdrant.PtrOf(float64(revision))})},
			}))
		}
		selector := qdrant.NewPointsSelectorFilter(&qdrant.Filter{Should: conditions})
		if err := s.delete(ctx, collection, selector, fmt.Sprintf("%d points", len(part))); err != nil {
			return err
		}
	}
	return nil
}

// CountOf returns how many points the collection holds of a repository,
// whichever tenant they name.
func (s *Store) CountOf(ctx context.Context, collection string, repository uuid.UUID) (uint64, error) {
	return s.count(ctx, collection, inRepositories([]uuid.UUID{repository}))
}

func inRepositories(ids []uuid.UUID) *qdrant.Filter {
	if len(ids) == 0 {
		return nil
	}
	return &qdrant.Filter{Must: []*qdrant.Condition{matchIDs(fieldRepository, ids)}}
}

func decodeMark(found *qdrant.RetrievedPoint) (Mark, error) {
	id, err := decodeID(found.GetId())
	if err != nil {
		return Mark{}, err
	}
	fields := found.GetPayload()
	return Mark{
		ID: id, Tenant: fields[fieldTenant].GetStringValue(),
		Repository: idOf(fields[fieldRepository]), Document: idOf(fields[fieldDocument]),
		Path: fields[fieldPath].GetStringValue(), Blob: fields[fieldBlob].GetStringValue(),
		Revision: fields[fieldRevision].GetIntegerValue(),
	}, nil
}

// idOf reads an id, or what is none as the one that nothing has.
func idOf(value *qdrant.Value) uuid.UUID {
	id, err := uuid.Parse(value.GetStringValue())
	if err != nil {
		return uuid.Nil
	}
	return id
}
