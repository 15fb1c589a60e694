package qdrant

import (
	"math"
	"runtime"
	"slices"
	"sync"
)

// terms is a sparse query with ascending indices. Every index of a point that is not indexed yet is looked up in it, so
// one bit answers most of these look-ups.
type terms struct {
	indices []uint32
	weights []float32
	bits    [1024]uint64
}

func newTerms(indices []uint32, weights []float32) *terms {
	t := &terms{indices: indices, weights: weights}
	for _, index := range indices {
		bit := t.bit(index)
		t.bits[bit>>6] |= 1 << (bit & 63)
	}
	return t
}

// bit spreads indices over 16 bits (Knuth's multiplicative hash).
func (*terms) bit(index uint32) uint32 { return index * 2654435769 >> 16 }

// may reports whether index can be in the query. false is certain.
func (t *terms) may(index uint32) bool {
	bit := t.bit(index)
	return t.bits[bit>>6]&(1<<(bit&63)) != 0
}

// share is the part of a query's terms that a block has.
type share struct {
	lists  [][]posting // by run and term
	counts []int       // how many living points have each term, if that matters
}

// matching returns the candidates that share a term with the query, the best first.
func (s *segment) matching(query *terms, candidates bitset, limit int) []hit {
	shares := make([]share, len(s.blocks))
	sideBySide(len(s.blocks), func(i int) { shares[i] = s.share(query, s.blocks[i]) })
	weights := query.weights
	if s.shape.IDF {
		weights = s.weigh(query, shares)
	}
	found := make([]*best, runtime.GOMAXPROCS(0))
	divide(len(s.blocks), 1, func(part, first, last int) {
		mine := &sifted{lowest: lowest{limit: limit}}
		for i := first; i < last; i++ {
			if words := s.words(candidates, s.blocks[i]); !words.empty() {
				mine.offerShares(s.blocks[i].base, words, shares[i].lists, weights)
			}
		}
		found[part] = &best{segment: s, limit: limit}
		for _, h := range mine.kept {
			if mine.may(float64(h.score)) {
				found[part].offer(h)
			}
		}
	})
	return s.merge(found, limit)
}

// sifted keeps the hits whose score can be among the best of those that it has seen so far. Only these are then ordered
// by id too.
type sifted struct {
	lowest // holds scores
	kept   []hit
}

// share finds the terms of the query in a block. It counts the points with each term if the collection weighs terms by
// their frequency, which is the frequency among all points.
func (s *segment) share(query *terms, b *block) share {
	p := b.part.Load()
	found := share{counts: make([]int, len(query.indices))}
	for i := range p.runs {
		lists := make([]posting, len(query.indices))
		for place, index := range query.indices {
			lists[place] = p.runs[i].of(index)
		}
		found.lists = append(found.lists, lists)
	}
	if n := s.slotsOf(b); p.indexed < n {
		found.lists = append(found.lists, s.inTail(query, b, p.indexed, n))
	}
	if !s.shape.IDF {
		return found
	}
	live := s.words(s.live, b)
	for _, lists := range found.lists {
		for place, list := range lists {
			found.counts[place] += len(list.slots)
			if b.dead == 0 {
				continue
			}
			for _, slot := range list.slots {
				if !live.has(uint32(slot)) {
					found.counts[place]--
				}
			}
		}
	}
	return found
}

// tail is the index of the slots of a block that are in no run yet. The second query that meets the same slots makes
// it. While points are written, an index would be useless for the next query.
type tail struct {
	from, to int
	index    *postings // nil if only one query has met the slots
}

// inTail finds the terms of the query in the slots of a block that are in no run yet.
func (s *segment) inTail(query *terms, b *block, from, to int) []posting {
	t := b.tail.Load()
	if t == nil || t.from != from || t.to != to {
		b.tail.Store(&tail{from: from, to: to})
		return s.unindexed(query, b, from, to)
	}
	if t.index == nil {
		index := s.newRun(b, from, to)
		t = &tail{from, to, &index}
		b.tail.Store(t)
	}
	lists := make([]posting, len(query.indices))
	for place, index := range query.indices {
		lists[place] = t.index.of(index)
	}
	return lists
}

// unindexed does what inTail does, but without an index: it reads the slots from the log.
func (s *segment) unindexed(query *terms, b *block, from, to int) []posting {
	lists := make([]posting, len(query.indices))
	for slot := from; slot < to; slot++ {
		u := s.at(b.base + uint32(slot))
		for i, index := range u.indices() {
			if !query.may(index) {
				continue
			}
			if place, found := slices.BinarySearch(query.indices, index); found {
				list := &lists[place]
				list.slots, list.weights = append(list.slots, uint16(slot)), append(list.weights, u.weights()[i])
			}
		}
	}
	return lists
}

// weigh multiplies the query's weights by the inverse document frequency of
// their terms among all points, as Qdrant computes it:
// ln((N - n + 0.5) / (n + 0.5) + 1), for a term that n of N points have.
func (s *segment) weigh(query *terms, shares []share) []float32 {
	weighted := make([]float32, len(query.indices))
	total := float64(len(s.slots))
	for place := range weighted {
		n := 0.0
		for _, block := range shares {
			n += float64(block.counts[place])
		}
		weighted[place] = query.weights[place] * float32(math.Log((total-n+0.5)/(n+0.5)+1))
	}
	return weighted
}

// sums is memory for the scores of a block's slots. While it is in the pool, the scores are zero and the set is empty.
type sums struct {
	scores []float32
	shared bitset // slots that share a term with the query
}

var sumsPool = sync.Pool{New: func() any {
	return &sums{make([]float32, 1<<16), make(bitset, 1<<16/64)}
}}

// offerShares offers the candidates of a block, whose first slot is base. It adds up the terms of a point in ascending
// order, so that equal points have equal scores.
func (b *sifted) offerShares(base uint32, candidates bitset, lists [][]posting, weights []float32) {
	memory := sumsPool.Get().(*sums)
	scores, shared := memory.scores[:1<<16], memory.shared
	for _, run := range lists {
		for place, list := range run {
			weight := weights[place]
			for i, slot := range list.slots {
				// The conversion keeps the compiler from fusing the operations.
				scores[slot] += float32(weight * list.weights[i])
				shared[slot>>6] |= 1 << (slot & 63)
			}
		}
	}
	for i, word := range shared {
		if word == 0 {
			continue
		}
		if i < len(candidates) {
			for slot := range (bitset{word & candidates[i]}).all() {
				score := scores[uint32(i)<<6+slot]
				if b.may(float64(score)) {
					b.kept = append(b.kept, hit{base + uint32(i)<<6 + slot, score})
					b.raise(float64(score))
				}
			}
		}
		clear(scores[i<<6 : (i+1)<<6])
		shared[i] = 0
	}
	sumsPool.Put(memory)
}
