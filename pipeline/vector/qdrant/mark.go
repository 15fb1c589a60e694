package qdrant

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/google/uuid"
	"github.com/qdrant/go-client/qdrant"
	"google.golang.org/protobuf/encoding/protowire"

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
		// A caller may range over a sequence again, each time from the beginning.
		for request.Offset = pointID(from); ; {
			page, next, err := s.marks(ctx, request)
			if err != nil {
				yield(vector.Mark{}, err)
				return
			}
			for _, mark := range page {
				if !yield(mark, nil) {
					return
				}
			}
			if next == uuid.Nil {
				return
			}
			request.Offset = pointID(next)
		}
	}
}

// marks returns a page of marks, and the id with which the next page begins, if there is one.
func (s *Store) marks(ctx context.Context, request *qdrant.ScrollPoints) (page []vector.Mark, next uuid.UUID, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	var reply answer
	err = s.conn.Invoke(ctx, qdrant.Points_Scroll_FullMethodName, request, &reply, callAnswer)
	if err != nil {
		return nil, next, explain(ctx, err, "scroll %s", request.GetCollectionName())
	}
	if page, next, err = reply.marks(); err != nil {
		return nil, next, fmt.Errorf("scroll %s: %w", request.GetCollectionName(), err)
	}
	return page, next, nil
}

// marks reads the answer to a scroll.
func (a answer) marks() (page []vector.Mark, next uuid.UUID, err error) {
	for e := range elements(a.data) {
		switch {
		case e.number == 0:
			return nil, next, errMalformed
		case e.kind != protowire.BytesType:
		case e.number == scrollNext:
			if next, err = parseID(e.data); err != nil {
				return nil, next, err
			}
		case e.number == scrollResult:
			p := point{raw: e.data}
			if err := p.decode(); err != nil {
				return nil, next, err
			}
			fields, err := p.payload()
			if err != nil {
				return nil, next, err
			}
			page = append(page, markOf(p.id, fields))
		}
	}
	return page, next, nil
}

// The numbers of the fields in a ScrollResponse.
const (
	scrollNext   = 1
	scrollResult = 2
)

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
	return markOf(id, values(found.GetPayload())), nil
}

func markOf(id uuid.UUID, fields stored) vector.Mark {
	return vector.Mark{
		ID: id, Tenant: fields.text(fieldTenant),
		Repository: idOf(fields.text(fieldRepository)), Document: idOf(fields.text(fieldDocument)),
		Path: fields.text(fieldPath), Blob: fields.text(fieldBlob),
		Revision: fields.integer(fieldRevision),
	}
}

// idOf reads an id. It returns the zero id, which no point has, for a malformed value.
func idOf(text string) uuid.UUID {
	id, err := uuid.Parse(text)
	if err != nil {
		return uuid.Nil
	}
	return id
}
