package qdrant

import (
	"slices"

	"github.com/qdrant/go-client/qdrant"
)

// field is a payload index: for each value, the slots that had it when they
// were written, in order. Dead slots stay until the collection is compacted.
type field struct {
	kind     qdrant.PayloadSchemaType
	keywords map[string]*posting
	integers map[int64]*posting
}

type posting struct{ slots []uint32 }

func (p *posting) add(slot uint32) {
	if n := len(p.slots); n == 0 || p.slots[n-1] != slot {
		p.slots = append(p.slots, slot)
	}
}

func newField(kind qdrant.PayloadSchemaType) *field {
	return &field{kind: kind, keywords: map[string]*posting{}, integers: map[int64]*posting{}}
}

// hasKeywords and hasIntegers say which matches the index can answer. A kind
// with neither is only remembered.
func (f *field) hasKeywords() bool {
	return f != nil && (f.kind == qdrant.PayloadSchemaType_Keyword || f.kind == qdrant.PayloadSchemaType_Uuid)
}

func (f *field) hasIntegers() bool {
	return f != nil && f.kind == qdrant.PayloadSchemaType_Integer
}

func (f *field) add(slot uint32, value []byte) {
	for s := range scalars(value) {
		switch {
		case s.kind == valueString && f.hasKeywords():
			list := f.keywords[string(s.text)]
			if list == nil {
				list = &posting{}
				f.keywords[string(s.text)] = list
			}
			list.add(slot)
		case s.kind == valueInteger && f.hasIntegers():
			list := f.integers[s.integer]
			if list == nil {
				list = &posting{}
				f.integers[s.integer] = list
			}
			list.add(slot)
		}
	}
}

// order is the slots by ascending id, brought up to date when it is asked for.
type order struct {
	slots []uint32
	upTo  int // slots from here on are not in it yet
}

// extend returns the order of all living ids. It builds a new list, because
// readers may hold the old one.
func (o order) extend(ids []pointID, live bitset) order {
	if o.upTo == len(ids) {
		return o
	}
	byID := func(a, b uint32) int { return ids[a].compare(ids[b]) }
	fresh := make([]uint32, 0, len(ids)-o.upTo)
	for slot := o.upTo; slot < len(ids); slot++ {
		if live.has(uint32(slot)) {
			fresh = append(fresh, uint32(slot))
		}
	}
	slices.SortFunc(fresh, byID)
	merged := make([]uint32, 0, len(o.slots)+len(fresh))
	for _, slot := range o.slots {
		if !live.has(slot) {
			continue
		}
		for len(fresh) > 0 && byID(fresh[0], slot) < 0 {
			merged, fresh = append(merged, fresh[0]), fresh[1:]
		}
		merged = append(merged, slot)
	}
	return order{append(merged, fresh...), len(ids)}
}
