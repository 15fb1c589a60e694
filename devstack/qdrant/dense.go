package qdrant

import (
	"math/bits"
	"runtime"

	"github.com/qdrant/go-client/qdrant"
	"github.com/viterin/vek/vek32"
)

// nearest returns the candidates nearest to a dense vector.
func (s *segment) nearest(query []float32, candidates bitset, limit int) []hit {
	candidates.and(s.vectored)
	if s.shape.quantized() && candidates.count() > limit {
		candidates = s.contenders(query, candidates, limit)
		defer s.spare(candidates.count())
	}
	score := vek32.Dot
	if s.shape.Distance == qdrant.Distance_Euclid {
		score = func(a, b []float32) float32 { return -vek32.Distance(a, b) }
	}
	found := make([]*best, runtime.GOMAXPROCS(0))
	divide(len(candidates), leastWords, func(part, first, last int) {
		mine := &best{segment: s, limit: limit}
		for slot := range candidates.within(first, last) {
			mine.offer(hit{slot, score(query, s.dense(slot))})
		}
		found[part] = mine
	})
	return s.merge(found, limit)
}

// contenders returns the candidates that may be among the limit nearest. The upper bound of their score is at least as
// large as the limit-th largest of the lower bounds.
func (s *segment) contenders(query []float32, candidates bitset, limit int) bitset {
	p := newProbe(query, s.shape.codeWidth())
	sieves := make([]*sieve, runtime.GOMAXPROCS(0))
	parts := divide(len(candidates), leastWords, func(part, first, last int) {
		mine := &sieve{lowest: lowest{limit: limit}}
		for word := first; word < last; word++ {
			if set := candidates[word]; set != 0 {
				mine.word(s, &p, uint32(word)<<6, set)
			}
		}
		sieves[part] = mine
	})
	all := sieves[0]
	for _, other := range sieves[1:parts] {
		for _, lower := range other.lowers {
			all.raise(lower)
		}
		all.kept = append(all.kept, other.kept...)
	}
	found := make(bitset, len(candidates))
	for _, c := range all.kept {
		if all.may(c.upper) {
			found.set(c.slot)
		}
	}
	return found
}

// sieve keeps the slots that may be among the limit nearest of those that it has seen so far.
type sieve struct {
	lowest // holds lower bounds
	kept   []contender
	dots   [64]int32
}

type contender struct {
	slot  uint32
	upper float64
}

// fewSet is the number of slots in a word of 64 up to which each is scored by itself.
const fewSet = 8

// word looks at the slots in a word. The first of the 64 has the number base.
func (v *sieve) word(s *segment, p *probe, base uint32, set uint64) {
	b := s.blocks[base>>s.bits]
	part := b.part.Load()
	first := int(base - b.base)
	if bits.OnesCount64(set) <= fewSet {
		for ; set != 0; set &= set - 1 {
			at := first + bits.TrailingZeros64(set)
			dotRows(p.codes, part.rows(at, 1), v.dots[:1])
			v.look(p, v.dots[0], part.bounds[at], b.base+uint32(at))
		}
		return
	}
	n := min(64, len(part.bounds)-first)
	dotRows(p.codes, part.rows(first, n), v.dots[:n])
	for ; set != 0; set &= set - 1 {
		i := bits.TrailingZeros64(set)
		v.look(p, v.dots[i], part.bounds[first+i], base+uint32(i))
	}
}

func (v *sieve) look(p *probe, dot int32, b bounds, slot uint32) {
	lower, upper := p.interval(dot, b)
	if v.may(upper) {
		v.kept = append(v.kept, contender{slot, upper})
		v.raise(lower)
	}
}
