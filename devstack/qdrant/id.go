package qdrant

import (
	"cmp"
	"encoding/binary"

	"github.com/google/uuid"
	"github.com/qdrant/go-client/qdrant"
)

// pointID is a point's id: a UUID, or a number in lo.
type pointID struct {
	hi, lo uint64
	uuid   bool
}

// compare orders ids as Qdrant does: numbers, then UUIDs by their bytes.
func (a pointID) compare(b pointID) int {
	if a.uuid != b.uuid {
		if b.uuid {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(a.hi, b.hi), cmp.Compare(a.lo, b.lo))
}

func parseID(id *qdrant.PointId) (pointID, error) {
	switch option := id.GetPointIdOptions().(type) {
	case *qdrant.PointId_Num:
		return pointID{lo: option.Num}, nil
	case *qdrant.PointId_Uuid:
		parsed, err := uuid.Parse(option.Uuid)
		if err != nil {
			return pointID{}, invalid("unable to parse UUID: %s", option.Uuid)
		}
		return pointID{binary.BigEndian.Uint64(parsed[:8]), binary.BigEndian.Uint64(parsed[8:]), true}, nil
	}
	return pointID{}, invalid("point id is missing")
}

func parseIDs(ids []*qdrant.PointId) ([]pointID, error) {
	parsed := make([]pointID, len(ids))
	for i, id := range ids {
		var err error
		if parsed[i], err = parseID(id); err != nil {
			return nil, err
		}
	}
	return parsed, nil
}

func (a pointID) proto() *qdrant.PointId {
	if !a.uuid {
		return qdrant.NewIDNum(a.lo)
	}
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], a.hi)
	binary.BigEndian.PutUint64(id[8:], a.lo)
	return qdrant.NewIDUUID(id.String())
}
