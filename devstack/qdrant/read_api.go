package qdrant

import (
	"context"
	"slices"
	"time"

	"github.com/qdrant/go-client/qdrant"
)

// present makes the answer for a slot. It copies the data, because the mapping may go.
func (a *pointsAPI) present(s *segment, slot uint32, payload *qdrant.WithPayloadSelector, vectors *qdrant.WithVectorsSelector) (*qdrant.RetrievedPoint, error) {
	r := s.record(slot)
	point := &qdrant.RetrievedPoint{Id: r.id.proto()}
	selected, err := parsePayloadSelector(payload)
	if err != nil {
		return nil, err
	}
	if a.encoded {
		point.ProtoReflect().SetUnknown(selected.appendTo(nil, r.payload))
	} else if point.Payload, err = selected.decoded(r.payload); err != nil {
		return nil, err
	}
	point.Vectors, err = s.shape.output(r, vectors)
	return point, err
}

// scored makes the answer for a hit.
func (a *pointsAPI) scored(s *segment, h hit, payload *qdrant.WithPayloadSelector, vectors *qdrant.WithVectorsSelector) (*qdrant.ScoredPoint, error) {
	point, err := a.present(s, h.slot, payload, vectors)
	if err != nil {
		return nil, err
	}
	scored := &qdrant.ScoredPoint{Id: point.Id, Payload: point.Payload, Vectors: point.Vectors, Score: h.score}
	if a.encoded {
		scored.ProtoReflect().SetUnknown(point.ProtoReflect().GetUnknown())
	}
	return scored, nil
}

func (a *pointsAPI) Get(_ context.Context, request *qdrant.GetPoints) (*qdrant.GetResponse, error) {
	start := time.Now()
	if request.GetShardKeySelector() != nil {
		return nil, unsupported("shards")
	}
	c, err := a.registry.get(request.GetCollectionName())
	if err != nil {
		return nil, err
	}
	ids, err := parseIDs(request.GetIds())
	if err != nil {
		return nil, err
	}
	reply := &qdrant.GetResponse{}
	err = c.read(func(s *segment) error {
		for _, id := range ids {
			slot, found := s.slots[id]
			if !found {
				continue
			}
			point, err := a.present(s, slot, request.GetWithPayload(), request.GetWithVectors())
			if err != nil {
				return err
			}
			reply.Result = append(reply.Result, point)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	reply.Time = since(start)
	return reply, nil
}

func (a *pointsAPI) Count(_ context.Context, request *qdrant.CountPoints) (*qdrant.CountResponse, error) {
	start := time.Now()
	if request.GetShardKeySelector() != nil {
		return nil, unsupported("shards")
	}
	c, err := a.registry.get(request.GetCollectionName())
	if err != nil {
		return nil, err
	}
	parsed, err := parseFilter(request.GetFilter())
	if err != nil {
		return nil, err
	}
	var count uint64
	err = c.read(func(s *segment) error {
		count = uint64(s.find(parsed).count())
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &qdrant.CountResponse{Result: &qdrant.CountResult{Count: count}, Time: since(start)}, nil
}

func (a *pointsAPI) Scroll(_ context.Context, request *qdrant.ScrollPoints) (*qdrant.ScrollResponse, error) {
	start := time.Now()
	switch {
	case request.GetShardKeySelector() != nil:
		return nil, unsupported("shards")
	case request.GetOrderBy() != nil:
		return nil, unsupported("scrolling by the order of a field")
	case request.Limit != nil && request.GetLimit() == 0:
		return nil, invalid("Limit cannot be 0")
	}
	c, err := a.registry.get(request.GetCollectionName())
	if err != nil {
		return nil, err
	}
	parsed, err := parseFilter(request.GetFilter())
	if err != nil {
		return nil, err
	}
	var offset pointID
	if request.GetOffset() != nil {
		if offset, err = parseID(request.GetOffset()); err != nil {
			return nil, err
		}
	}
	limit := defaultLimit
	if request.Limit != nil {
		limit = int(request.GetLimit())
	}
	payload := request.GetWithPayload()
	if payload == nil {
		payload = qdrant.NewWithPayload(true) // as in Qdrant, where scroll is the only read with this default
	}
	reply := &qdrant.ScrollResponse{}
	err = c.read(func(s *segment) error {
		slots, more := s.page(s.find(parsed), offset, limit)
		for _, slot := range slots {
			point, err := a.present(s, slot, payload, request.GetWithVectors())
			if err != nil {
				return err
			}
			reply.Result = append(reply.Result, point)
		}
		if more != nil {
			reply.NextPageOffset = more.proto()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	reply.Time = since(start)
	return reply, nil
}

// fewSlots is the number of slots up to which they are sorted, instead of being looked for in the order of all slots.
const fewSlots = 1024

// page returns up to limit of the slots found, by ascending id from offset on. It also returns the id with which the
// next page begins.
func (s *segment) page(found bitset, offset pointID, limit int) (slots []uint32, next *pointID) {
	byID := func(slot uint32, id pointID) int { return s.ids[slot].compare(id) }
	var order []uint32
	if found.count() <= fewSlots {
		order = slices.SortedFunc(found.all(), func(a, b uint32) int { return s.ids[a].compare(s.ids[b]) })
	} else {
		order = s.sorted()
	}
	first, _ := slices.BinarySearchFunc(order, offset, byID)
	for _, slot := range order[first:] {
		if !found.has(slot) {
			continue
		}
		if len(slots) == limit {
			id := s.ids[slot]
			return slots, &id
		}
		slots = append(slots, slot)
	}
	return slots, nil
}

func (a *pointsAPI) Query(_ context.Context, request *qdrant.QueryPoints) (*qdrant.QueryResponse, error) {
	start := time.Now()
	reply := &qdrant.QueryResponse{}
	result, err := a.query(request.GetCollectionName(), request)
	if err != nil {
		return nil, err
	}
	reply.Result = result.points
	reply.ProtoReflect().SetUnknown(result.encoded)
	reply.Time = since(start)
	return reply, nil
}

func (a *pointsAPI) QueryBatch(_ context.Context, request *qdrant.QueryBatchPoints) (*qdrant.QueryBatchResponse, error) {
	start := time.Now()
	reply := &qdrant.QueryBatchResponse{}
	for _, one := range request.GetQueryPoints() {
		found, err := a.query(request.GetCollectionName(), one)
		if err != nil {
			return nil, err
		}
		result := &qdrant.BatchResult{Result: found.points}
		result.ProtoReflect().SetUnknown(found.encoded)
		reply.Result = append(reply.Result, result)
	}
	reply.Time = since(start)
	return reply, nil
}

// found holds the points of an answer in one of two forms.
type found struct {
	points  []*qdrant.ScoredPoint
	encoded []byte // fields "result"
}

func (a *pointsAPI) query(collection string, request *qdrant.QueryPoints) (result found, err error) {
	if request.GetShardKeySelector() != nil {
		return result, unsupported("shards")
	}
	c, err := a.registry.get(collection)
	if err != nil {
		return result, err
	}
	q, err := parseQuery(c.shape, request)
	if err != nil {
		return result, err
	}
	selected, err := parsePayloadSelector(request.GetWithPayload())
	if err != nil {
		return result, err
	}
	offset := int(min(request.GetOffset(), maxLimit))
	q.limit, q.threshold = offset+defaultLimit, request.ScoreThreshold
	if request.Limit != nil {
		q.limit = offset + int(min(request.GetLimit(), maxLimit))
	}
	err = c.read(func(s *segment) error {
		hits := q.run(s)
		hits = hits[min(offset, len(hits)):]
		if a.encodable(request) {
			result.encoded = s.appendResult(nil, hits, selected)
			return nil
		}
		for _, h := range hits {
			point, err := a.scored(s, h, request.GetWithPayload(), request.GetWithVectors())
			if err != nil {
				return err
			}
			result.points = append(result.points, point)
		}
		return nil
	})
	return result, err
}
