package qdrant

import (
	"sync/atomic"

	"github.com/qdrant/go-client/qdrant"
)

// blockBits is the binary logarithm of a block's slots: a slot within one has 16
// bits at most. It is a variable for tests, which fill blocks of fewer slots.
var blockBits uint = 16

// block is a run of slots, and what queries scan of them. The last block of a
// segment grows; one that is full is written to a file of its own and read from
// there. A block without a file is made anew from the log.
type block struct {
	base    uint32 // its first slot
	dead    int    // slots, guarded by the collection's lock
	deleted []deleted
	part    atomic.Pointer[part] // replaced by the one in the file
	tail    atomic.Pointer[tail] // of a part that grows
}

// deleted is a deletion that came before the slot at of its block was written.
type deleted struct {
	at uint32
	id pointID
}

// part is the content of a block. What is on the heap is guarded by the
// collection's lock as long as the block grows, and constant from then on.
type part struct {
	width   int      // of a row of codes
	codes   [][]int8 // of runs of slots
	bounds  []bounds
	runs    []postings // of runSlots slots each; one of a block that has a file
	indexed int        // the first slots, which are in runs; the terms of others are read from the log
	fields  map[string]*field
}

// runSlots is the number of slots whose terms are indexed at once, and whose codes lie
// together. No word of a set of slots belongs to two runs.
const runSlots = 1 << 11

func newPart(s shape, indexes map[string]qdrant.PayloadSchemaType) *part {
	p := &part{fields: map[string]*field{}}
	if s.quantized() {
		p.width = s.codeWidth()
	}
	for name, kind := range indexes {
		p.fields[name] = newField(kind)
	}
	return p
}

// add admits the upsert of a slot of the block; dense is nil if it has no vector.
func (p *part) add(slot uint16, u upsert, dense []float32) {
	if p.width > 0 {
		if int(slot)%runSlots == 0 {
			p.codes = append(p.codes, make([]int8, runSlots*p.width))
		}
		p.bounds = append(p.bounds, encode(p.rows(int(slot), 1), dense))
	}
	if len(p.fields) == 0 {
		return
	}
	for key, value := range entries(u.payload()) {
		if f := p.fields[string(key)]; f != nil {
			f.add(slot, value)
		}
	}
}

// rows returns the codes of n slots of one run.
func (p *part) rows(slot, n int) []int8 {
	start := slot % runSlots * p.width
	return p.codes[slot/runSlots][start : start+n*p.width]
}

// indexTerms indexes the terms of a block's slots below upTo, if they are enough for a
// run.
func (s *segment) indexTerms(b *block, upTo int) {
	p := b.part.Load()
	if !s.shape.HasSparse || upTo-p.indexed < runSlots && upTo < 1<<s.bits {
		return
	}
	p.runs, p.indexed = append(p.runs, s.newRun(b, p.indexed, upTo)), upTo
	b.tail.Store(nil)
}

// newRun indexes the terms of some slots of a block.
func (s *segment) newRun(b *block, from, to int) postings {
	total := 0
	for slot := from; slot < to; slot++ {
		total += s.at(b.base + uint32(slot)).terms()
	}
	list := make([]entry, 0, total)
	for slot := from; slot < to; slot++ {
		u := s.at(b.base + uint32(slot))
		weights := u.weights()
		for i, term := range u.indices() {
			list = append(list, entry{term, weights[i], uint16(slot)})
		}
	}
	return newPostings(list)
}

// growing returns the block that the next slot belongs to.
func (s *segment) growing() *block {
	if n := len(s.blocks); n > 0 && len(s.ids)-int(s.blocks[n-1].base) < 1<<s.bits {
		return s.blocks[n-1]
	}
	b := &block{base: uint32(len(s.ids))}
	b.part.Store(newPart(s.shape, s.indexes))
	s.blocks = append(s.blocks, b)
	return b
}

// slots is the number of slots of a block.
func (s *segment) slotsOf(b *block) int { return min(1<<s.bits, len(s.ids)-int(b.base)) }

// words returns the words of a set that stand for the slots of a block.
func (s *segment) words(set bitset, b *block) bitset {
	first := int(b.base >> 6)
	last := min(first+1<<s.bits>>6, len(set))
	return set[min(first, last):last]
}
