package qdrant

import (
	"sync/atomic"

	"github.com/qdrant/go-client/qdrant"
)

// blockBits is the binary logarithm of the slots in a block. It is at most 16, so that a slot within a block has 16
// bits. It is a variable for tests, which fill blocks with fewer slots.
var blockBits uint = 16

// block is a row of slots, with the data of theirs that queries scan. The last block of a segment grows. A full block
// is written to a file of its own and read from there. A block without a file is made anew from the log.
type block struct {
	base    uint32 // its first slot
	dead    int    // number of dead slots, guarded by the collection's lock
	deleted []deleted
	part    atomic.Pointer[part] // replaced by the part in the file
	tail    atomic.Pointer[tail] // the tail of a growing part
}

// deleted is a deletion that came before slot number at of its block was written.
type deleted struct {
	at uint32
	id pointID
}

// part is the content of a block. While the block grows, the collection's lock guards its data on the heap. From then
// on, the data is constant.
type part struct {
	width   int      // width of a row of codes
	codes   [][]int8 // one for each run of slots
	bounds  []bounds
	runs    []postings // one for each runSlots slots, or a single one if the block has a file
	indexed int        // number of the first slots, which are in runs; the terms of others are read from the log
	fields  map[string]*field
}

// runSlots is the number of slots whose terms are indexed at once and whose codes lie together. No word of a set of
// slots belongs to two runs.
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

// add adds the upsert of a slot to the block. dense is nil if the point has no dense vector.
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

// indexTerms indexes the terms of a block's slots below upTo, if there are enough for a run.
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

// slotsOf returns the number of slots in a block.
func (s *segment) slotsOf(b *block) int { return min(1<<s.bits, len(s.ids)-int(b.base)) }

// words returns the words of a set that stand for the slots of a block.
func (s *segment) words(set bitset, b *block) bitset {
	first := int(b.base >> 6)
	last := min(first+1<<s.bits>>6, len(set))
	return set[min(first, last):last]
}
