package qdrant

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/google/uuid"
	"github.com/qdrant/go-client/qdrant"

	"github.com/leatworks/leat/pipeline/vector"
)

var markFields = []string{fieldTenant, fieldRepository, fieldDocument, fieldPath, fieldBlob, fieldRevision}

// Marks implements [vector.Store].
func (s *Store) Marks(ctx context.Context, collection string, repositories []uuid.UUID, from uuid.UUID) iter.Seq2[vector.Mark, error] {
	request := &qdrant.ScrollPoints{
		CollectionName: collection,
		Filter:         inRepositories(repositories),
		Limit:          qdrant.PtrOf(uint32(pageSize)),
		WithPayload:    qdrant.NewWithPayloadInclude(markFields...),
		WithVectors:    qdrant.NewWithVectors(false),
	}
	return func(yield func(vector.Mark, error) bool) {
		for page, err := range s.pages(ctx, request, pointID(from)) {
			if err != nil {
				yield(vector.Mark{}, err)
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

// Held implements [vector.Store].
func (s *Store) Held(ctx context.Context, collection string, ids []uuid.UUID) ([]vector.Mark, error) {
	var marks []vector.Mark
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

// DeleteMarked implements [vector.Store].
func (s *Store) DeleteMarked(ctx context.Context, collection string, marks []vector.Mark) error {
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

// CountOf implements [vector.Store].
func (s *Store) CountOf(ctx context.Context, collection string, repository uuid.UUID) (uint64, error) {
	return s.count(ctx, collection, inRepositories([]uuid.UUID{repository}))
}

func decodeMark(found *qdrant.RetrievedPoint) (vector.Mark, error) {
	id, err := decodeID(found.GetId())
	if err != nil {
		return vector.Mark{}, err
	}
	fields := found.GetPayload()
	return vector.Mark{
		ID: id, Tenant: fields[fieldTenant].GetStringValue(),
		Repository: idOf(fields[fieldRepository]), Document: idOf(fields[fieldDocument]),
		Path: fields[fieldPath].GetStringValue(), Blob: fields[fieldBlob].GetStringValue(),
		Revision: fields[fieldRevision].GetIntegerValue(),
	}, nil
}

// idOf reads an id. A malformed value is read as the zero id, which no point
// has.
func idOf(value *qdrant.Value) uuid.UUID {
	id, err := uuid.Parse(value.GetStringValue())
	if err != nil {
		return uuid.Nil
	}
	return id
}
