package qdrant

import (
	"cmp"
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/qdrant/go-client/qdrant"
	"github.com/viterin/vek/vek32"
)

// hit is a slot found. The higher score is the better one.
type hit struct {
	slot  uint32
	score float32
}

// rank orders hits by score, equal ones by id, so that an answer does not
// depend on the order in which points were written.
func (s *segment) rank(a, b hit) int {
	return cmp.Or(cmp.Compare(b.score, a.score), s.ids[a.slot].compare(s.ids[b.slot]))
}

// best keeps the first hits by rank: a heap with the last of them on top.
type best struct {
	segment *segment
	limit   int
	hits    []hit
}

func (b *best) offer(h hit) {
	if len(b.hits) < b.limit {
		b.hits = append(b.hits, h)
		for i := len(b.hits) - 1; i > 0 && b.after(i, (i-1)/2); i = (i - 1) / 2 {
			b.swap(i, (i-1)/2)
		}
		return
	}
	if h.score < b.hits[0].score || b.segment.rank(h, b.hits[0]) > 0 {
		return
	}
	b.hits[0] = h
	for i := 0; ; {
		last := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(b.hits); child++ {
			if b.after(child, last) {
				last = child
			}
		}
		if last == i {
			return
		}
		b.swap(i, last)
		i = last
	}
}

func (b *best) after(i, j int) bool { return b.segment.rank(b.hits[i], b.hits[j]) > 0 }
func (b *best) swap(i, j int)       { b.hits[i], b.hits[j] = b.hits[j], b.hits[i] }

// parallelWords is how many words of a bitset a part has at least, when a scan
// is divided among processors.
const parallelWords = 64

// scan divides candidates among the processors and merges the best hits.
func (s *segment) scan(candidates bitset, limit int, part func(first, last int, into *best)) []hit {
	parts := max(1, min(runtime.GOMAXPROCS(0), len(candidates)/parallelWords))
	found := make([]*best, parts)
	var group sync.WaitGroup
	for i := range parts {
		found[i] = &best{segment: s, limit: limit}
		first, last := len(candidates)*i/parts, len(candidates)*(i+1)/parts
		group.Go(func() { part(first, last, found[i]) })
	}
	group.Wait()
	var all []hit
	for _, b := range found {
		all = append(all, b.hits...)
	}
	slices.SortFunc(all, s.rank)
	return all[:min(limit, len(all))]
}

// nearest returns the candidates nearest to a dense vector.
func (s *segment) nearest(query []float32, candidates bitset, limit int) []hit {
	candidates.and(s.vectored)
	score := vek32.Dot
	if s.shape.Distance == qdrant.Distance_Euclid {
		score = func(a, b []float32) float32 { return -vek32.Distance(a, b) }
	}
	return s.scan(candidates, limit, func(first, last int, into *best) {
		for slot := range candidates.within(first, last) {
			into.offer(hit{slot, score(query, s.dense(slot))})
		}
	})
}

// terms is a sparse query. Every index of every point is looked up in it, so
// it answers "no" from one bit.
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

// find returns the place of index in the query, or -1.
func (t *terms) find(index uint32) int {
	bit := t.bit(index)
	if t.bits[bit>>6]&(1<<(bit&63)) == 0 {
		return -1
	}
	if place, found := slices.BinarySearch(t.indices, index); found {
		return place
	}
	return -1
}

// matching returns the candidates that share a term with the query, best first.
func (s *segment) matching(query *terms, candidates bitset, limit int) []hit {
	if s.shape.IDF {
		query = s.weigh(query)
	}
	return s.scan(candidates, limit, func(first, last int, into *best) {
		for slot := range candidates.within(first, last) {
			u := s.at(slot)
			weights := u.weights()
			score, shared := float32(0), false
			for i, index := range u.indices() {
				if place := query.find(index); place >= 0 {
					score += query.weights[place] * weights[i]
					shared = true
				}
			}
			if shared {
				into.offer(hit{slot, score})
			}
		}
	})
}

// weigh multiplies the query's weights by the inverse document frequency of
// their terms among all points, as Qdrant computes it:
// ln((N - n + 0.5) / (n + 0.5) + 1), for a term that n of N points have.
func (s *segment) weigh(query *terms) *terms {
	counts := make([]int, len(query.indices))
	var mu sync.Mutex
	s.scan(s.live, 0, func(first, last int, _ *best) {
		mine := make([]int, len(counts))
		for slot := range s.live.within(first, last) {
			for _, index := range s.at(slot).indices() {
				if place := query.find(index); place >= 0 {
					mine[place]++
				}
			}
		}
		mu.Lock()
		defer mu.Unlock()
		for i, n := range mine {
			counts[i] += n
		}
	})
	weighted := make([]float32, len(counts))
	total := float64(len(s.slots))
	for i, n := range counts {
		idf := math.Log((total-float64(n)+0.5)/(float64(n)+0.5) + 1)
		weighted[i] = query.weights[i] * float32(idf)
	}
	return &terms{query.indices, weighted, query.bits}
}
