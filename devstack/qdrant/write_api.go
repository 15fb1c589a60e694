package qdrant

import (
	"context"
	"slices"
	"time"

	"github.com/qdrant/go-client/qdrant"
	"google.golang.org/protobuf/proto"
)

type pointsAPI struct {
	qdrant.UnimplementedPointsServer
	registry *registry
	// encoded says that payloads are answered as they are stored, without decoding. They are then fields that this
	// side's message does not know, but the client's decoder does.
	encoded bool
}

// done answers a write. The write has been applied by then, whether or not the client asked to wait for that.
func done(start time.Time, operation uint64, wait bool) *qdrant.PointsOperationResponse {
	state := qdrant.UpdateStatus_Acknowledged
	if wait {
		state = qdrant.UpdateStatus_Completed
	}
	return &qdrant.PointsOperationResponse{
		Result: &qdrant.UpdateResult{OperationId: &operation, Status: state},
		Time:   since(start),
	}
}

func (a *pointsAPI) Upsert(_ context.Context, request *qdrant.UpsertPoints) (*qdrant.PointsOperationResponse, error) {
	start := time.Now()
	switch {
	case request.GetShardKeySelector() != nil:
		return nil, unsupported("shards")
	case request.GetUpdateFilter() != nil:
		return nil, unsupported("update filters")
	case request.GetUpdateMode() != qdrant.UpdateMode_Upsert:
		return nil, unsupported("the update mode " + request.GetUpdateMode().String())
	}
	c, err := a.registry.get(request.GetCollectionName())
	if err != nil {
		return nil, err
	}
	records := make([]record, len(request.GetPoints()))
	for i, point := range request.GetPoints() {
		if records[i], err = c.shape.parsePoint(point); err != nil {
			return nil, err
		}
	}
	operation, err := c.change(func(*segment) ([]record, []pointID, error) { return records, nil, nil })
	if err != nil {
		return nil, err
	}
	return done(start, operation, request.GetWait()), nil
}

func (a *pointsAPI) Delete(_ context.Context, request *qdrant.DeletePoints) (*qdrant.PointsOperationResponse, error) {
	start := time.Now()
	if request.GetShardKeySelector() != nil {
		return nil, unsupported("shards")
	}
	c, err := a.registry.get(request.GetCollectionName())
	if err != nil {
		return nil, err
	}
	selected, err := parseSelector(request.GetPoints())
	if err != nil {
		return nil, err
	}
	operation, err := c.change(func(s *segment) ([]record, []pointID, error) {
		slots, _ := selected(s)
		ids := make([]pointID, len(slots))
		for i, slot := range slots {
			ids[i] = s.ids[slot]
		}
		return nil, ids, nil
	})
	if err != nil {
		return nil, err
	}
	return done(start, operation, request.GetWait()), nil
}

// selector finds the slots of a PointsSelector. It also returns an id that the selector names but that does not exist.
type selector func(*segment) (slots []uint32, missing *pointID)

func parseSelector(from *qdrant.PointsSelector) (selector, error) {
	switch one := from.GetPointsSelectorOneOf().(type) {
	case *qdrant.PointsSelector_Points:
		ids, err := parseIDs(one.Points.GetIds())
		if err != nil {
			return nil, err
		}
		return func(s *segment) (slots []uint32, missing *pointID) {
			for _, id := range ids {
				if slot, found := s.slots[id]; found {
					slots = append(slots, slot)
				} else {
					missing = &id
				}
			}
			slices.Sort(slots)
			return slices.Compact(slots), missing
		}, nil
	case *qdrant.PointsSelector_Filter:
		parsed, err := parseFilter(one.Filter)
		if err != nil {
			return nil, err
		}
		return func(s *segment) ([]uint32, *pointID) { return slices.Collect(s.find(parsed).all()), nil }, nil
	}
	return nil, invalid("PointsSelector is missing")
}

func (a *pointsAPI) SetPayload(_ context.Context, request *qdrant.SetPayloadPoints) (*qdrant.PointsOperationResponse, error) {
	if request.Key != nil {
		return nil, unsupported("paths into a payload")
	}
	return a.alter(request, request.GetPointsSelector(), func(fields map[string]*qdrant.Value) map[string]*qdrant.Value {
		for key, value := range request.GetPayload() {
			fields[key] = value
		}
		return fields
	})
}

func (a *pointsAPI) OverwritePayload(_ context.Context, request *qdrant.SetPayloadPoints) (*qdrant.PointsOperationResponse, error) {
	if request.Key != nil {
		return nil, unsupported("paths into a payload")
	}
	return a.alter(request, request.GetPointsSelector(), func(map[string]*qdrant.Value) map[string]*qdrant.Value {
		return request.GetPayload()
	})
}

func (a *pointsAPI) DeletePayload(_ context.Context, request *qdrant.DeletePayloadPoints) (*qdrant.PointsOperationResponse, error) {
	for _, key := range request.GetKeys() {
		if err := checkKey(key); err != nil {
			return nil, err
		}
	}
	return a.alter(request, request.GetPointsSelector(), func(fields map[string]*qdrant.Value) map[string]*qdrant.Value {
		for _, key := range request.GetKeys() {
			delete(fields, key)
		}
		return fields
	})
}

func (a *pointsAPI) ClearPayload(_ context.Context, request *qdrant.ClearPayloadPoints) (*qdrant.PointsOperationResponse, error) {
	return a.alter(request, request.GetPoints(), func(map[string]*qdrant.Value) map[string]*qdrant.Value { return nil })
}

// alteration holds the fields that all requests to change payloads share.
type alteration interface {
	GetCollectionName() string
	GetWait() bool
	GetShardKeySelector() *qdrant.ShardKeySelector
}

// alter writes the selected points anew with another payload.
func (a *pointsAPI) alter(request alteration, points *qdrant.PointsSelector, fn func(map[string]*qdrant.Value) map[string]*qdrant.Value) (*qdrant.PointsOperationResponse, error) {
	start := time.Now()
	if request.GetShardKeySelector() != nil {
		return nil, unsupported("shards")
	}
	c, err := a.registry.get(request.GetCollectionName())
	if err != nil {
		return nil, err
	}
	selected, err := parseSelector(points)
	if err != nil {
		return nil, err
	}
	operation, err := c.change(func(s *segment) ([]record, []pointID, error) {
		slots, missing := selected(s)
		if missing != nil {
			return nil, nil, notFound("No point with id %s found", missing.proto())
		}
		records := make([]record, len(slots))
		for i, slot := range slots {
			r := s.record(slot)
			fields, err := decodePayload(r.payload)
			if err != nil {
				return nil, nil, err
			}
			if r.payload, err = encodePayload(fn(fields)); err != nil {
				return nil, nil, err
			}
			records[i] = r
		}
		return records, nil, nil
	})
	if err != nil {
		return nil, err
	}
	return done(start, operation, request.GetWait()), nil
}

func decodePayload(payload []byte) (map[string]*qdrant.Value, error) {
	var decoded qdrant.Struct
	if err := proto.Unmarshal(payload, &decoded); err != nil {
		return nil, err
	}
	if decoded.Fields == nil {
		decoded.Fields = map[string]*qdrant.Value{}
	}
	return decoded.Fields, nil
}

func (a *pointsAPI) CreateFieldIndex(_ context.Context, request *qdrant.CreateFieldIndexCollection) (*qdrant.PointsOperationResponse, error) {
	start := time.Now()
	if err := checkKey(request.GetFieldName()); err != nil {
		return nil, err
	}
	kind, err := indexKind(request)
	if err != nil {
		return nil, err
	}
	c, err := a.registry.get(request.GetCollectionName())
	if err != nil {
		return nil, err
	}
	operation, err := c.setIndex(request.GetFieldName(), &kind, request.GetFieldIndexParams().GetKeywordIndexParams().GetIsTenant())
	if err != nil {
		return nil, err
	}
	return done(start, operation, request.GetWait()), nil
}

func indexKind(request *qdrant.CreateFieldIndexCollection) (qdrant.PayloadSchemaType, error) {
	if request.FieldType == nil {
		return 0, invalid("field type is missing")
	}
	switch request.GetFieldType() {
	case qdrant.FieldType_FieldTypeKeyword:
		return qdrant.PayloadSchemaType_Keyword, nil
	case qdrant.FieldType_FieldTypeUuid:
		return qdrant.PayloadSchemaType_Uuid, nil
	case qdrant.FieldType_FieldTypeInteger:
		return qdrant.PayloadSchemaType_Integer, nil
	case qdrant.FieldType_FieldTypeFloat:
		return qdrant.PayloadSchemaType_Float, nil
	case qdrant.FieldType_FieldTypeBool:
		return qdrant.PayloadSchemaType_Bool, nil
	}
	return 0, unsupported("payload indexes of " + request.GetFieldType().String())
}

func (a *pointsAPI) DeleteFieldIndex(_ context.Context, request *qdrant.DeleteFieldIndexCollection) (*qdrant.PointsOperationResponse, error) {
	start := time.Now()
	c, err := a.registry.get(request.GetCollectionName())
	if err != nil {
		return nil, err
	}
	operation, err := c.setIndex(request.GetFieldName(), nil, false)
	if err != nil {
		return nil, err
	}
	return done(start, operation, request.GetWait()), nil
}
