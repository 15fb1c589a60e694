package qdrant

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"maps"
	"slices"
	"strings"

	"github.com/qdrant/go-client/qdrant"
)

// field is the index of a payload's field within a block. It holds for each value the slots that had it when they were
// written, in order. Dead slots stay until the collection is compacted. While the block grows, the index is a map. In a
// full block, it is a number of flat lists with a table of hashes.
type field struct {
	kind    qdrant.PayloadSchemaType
	growing map[string][]uint16

	table  []uint32 // numbers of values, from 1, each at the place of its hash or after it; 0 stands for none
	keys   []byte
	ends   []uint32 // the end of each value's key
	places []uint32 // the end of each value's slots
	slots  []uint16
	sets   []uint64 // the slots of the first values, which many slots have, as sets of setWords each
}

// Lists of more than setSlots slots are kept as sets. A set takes no more memory than such a list, and is combined with
// others 64 slots at a time.
const (
	setSlots = 1 << 16 / 16
	setWords = 1 << 16 / 64
)

func newField(kind qdrant.PayloadSchemaType) *field {
	return &field{kind: kind, growing: map[string][]uint16{}}
}

// hasKeywords and hasIntegers report which matches an index of the kind can answer. An index that answers neither is
// only recorded.
func hasKeywords(kind qdrant.PayloadSchemaType) bool {
	return kind == qdrant.PayloadSchemaType_Keyword || kind == qdrant.PayloadSchemaType_Uuid
}

func hasIntegers(kind qdrant.PayloadSchemaType) bool {
	return kind == qdrant.PayloadSchemaType_Integer
}

// integerKey returns the key of an integer.
func integerKey(n int64) string {
	return string(binary.LittleEndian.AppendUint64(nil, uint64(n)))
}

func (f *field) add(slot uint16, value []byte) {
	for s := range scalars(value) {
		switch {
		case s.kind == valueString && hasKeywords(f.kind):
			f.admit(slot, string(s.text))
		case s.kind == valueInteger && hasIntegers(f.kind):
			f.admit(slot, integerKey(s.integer))
		}
	}
}

func (f *field) admit(slot uint16, key string) {
	list := f.growing[key]
	if n := len(list); n == 0 || list[n-1] != slot {
		f.growing[key] = append(list, slot)
	}
}

// listing holds slots of a block, as a list or, if there are many, as a set.
type listing struct {
	base  uint32 // the block's first slot
	slots []uint16
	set   bitset // nil if slots lists them
}

// of returns the slots of a value.
func (f *field) of(key string) (l listing, found bool) {
	if f.growing != nil {
		l.slots, found = f.growing[key]
		return l, found
	}
	if len(f.table) == 0 {
		return l, false
	}
	for at := hashOf(key); ; at++ {
		number := int(f.table[at&uint32(len(f.table)-1)])
		if number == 0 {
			return l, false
		}
		if string(cut(f.keys, f.ends, number-1)) == key {
			if n := (number - 1) * setWords; n < len(f.sets) {
				l.set = f.sets[n : n+setWords]
			} else {
				l.slots = cut(f.slots, f.places, number-1)
			}
			return l, true
		}
	}
}

// cut returns the n-th of the lists that follow each other in all.
func cut[T any](all []T, ends []uint32, n int) []T {
	first := uint32(0)
	if n > 0 {
		first = ends[n-1]
	}
	return all[first:ends[n]]
}

func hashOf(key string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(key)) // it never returns an error
	return h.Sum32()
}

// flat returns the same index in the form of flat lists.
func (f *field) flat() *field {
	keys := slices.SortedFunc(maps.Keys(f.growing), func(a, b string) int {
		return cmp.Or(len(f.growing[b])-len(f.growing[a]), strings.Compare(a, b))
	})
	flat := &field{kind: f.kind, ends: make([]uint32, 0, len(keys)), places: make([]uint32, 0, len(keys))}
	size := 1
	for size < 2*len(keys) {
		size *= 2
	}
	flat.table = make([]uint32, size)
	for i, key := range keys {
		list := f.growing[key]
		flat.keys = append(flat.keys, key...)
		flat.ends = append(flat.ends, uint32(len(flat.keys)))
		if len(list) > setSlots {
			set := make(bitset, setWords)
			for _, slot := range list {
				set.set(uint32(slot))
			}
			flat.sets = append(flat.sets, set...)
		} else {
			flat.slots = append(flat.slots, list...)
		}
		flat.places = append(flat.places, uint32(len(flat.slots)))
		at := hashOf(key) & uint32(size-1)
		for flat.table[at] != 0 {
			at = (at + 1) & uint32(size-1)
		}
		flat.table[at] = uint32(i + 1)
	}
	return flat
}

// order holds the slots by ascending id. It is brought up to date when it is needed.
type order struct {
	slots []uint32
	upTo  int // slots from this one on are not in it yet
}

// extend returns the order of all living ids. It builds a new list, because readers may still use the old one.
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
