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

// divide calls fn at once on parts of about the same length, one for each
// processor, but not on parts of less than 4,096 slots.
func divide(words int, fn func(part, first, last int)) (parts int) {
	parts = max(1, min(runtime.GOMAXPROCS(0), words/64))
	var group sync.WaitGroup
	for part := range parts {
		group.Go(func() { fn(part, words*part/parts, words*(part+1)/parts) })
	}
	group.Wait()
	return parts
}

// merge returns the best results of all parts of a scan.
func (s *segment) merge(parts []*best, limit int) []hit {
	var all []hit
	for _, part := range parts {
		if part != nil {
			all = append(all, part.hits...)
		}
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
	found := make([]*best, runtime.GOMAXPROCS(0))
	divide(len(candidates), func(part, first, last int) {
		mine := &best{segment: s, limit: limit}
		for slot := range candidates.within(first, last) {
			mine.offer(hit{slot, score(query, s.dense(slot))})
		}
		found[part] = mine
	})
	return s.merge(found, limit)
}

// terms is a sparse query, its indices ascending. Every index of every point
// is looked up in it, so one bit mostly answers.
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

// may says that index can be in the query; no is certain.
func (t *terms) may(index uint32) bool {
	bit := t.bit(index)
	return t.bits[bit>>6]&(1<<(bit&63)) != 0
}

// share is a term that a point shares with a query.
type share struct {
	slot   uint32
	place  int32   // of the term in the query
	weight float32 // of the term in the point
}

// overlap is the result of one part of a sparse scan.
type overlap struct {
	shares []share // by slot
	counts []int   // how many points have each term of the query
}

// matching returns the candidates that share a term with the query, best first.
func (s *segment) matching(query *terms, candidates bitset, limit int) []hit {
	visited := candidates
	if s.shape.IDF {
		visited = s.live // the frequency of a term is that among all points
	}
	overlaps := make([]overlap, runtime.GOMAXPROCS(0))
	parts := divide(len(visited), func(part, first, last int) {
		overlaps[part] = s.overlap(query, visited, candidates, first, last)
	})
	weights := query.weights
	if s.shape.IDF {
		weights = s.weigh(query, overlaps[:parts])
	}
	found := &best{segment: s, limit: limit}
	for _, part := range overlaps[:parts] {
		for i := 0; i < len(part.shares); {
			h := hit{slot: part.shares[i].slot}
			for ; i < len(part.shares) && part.shares[i].slot == h.slot; i++ {
				h.score += weights[part.shares[i].place] * part.shares[i].weight
			}
			found.offer(h)
		}
	}
	return s.merge([]*best{found}, limit)
}

func (s *segment) overlap(query *terms, visited, candidates bitset, first, last int) overlap {
	o := overlap{counts: make([]int, len(query.indices))}
	for slot := range visited.within(first, last) {
		u := s.at(slot)
		for i, index := range u.indices() {
			if !query.may(index) {
				continue
			}
			place, found := slices.BinarySearch(query.indices, index)
			if !found {
				continue
			}
			o.counts[place]++
			if candidates.has(slot) {
				o.shares = append(o.shares, share{slot, int32(place), u.weights()[i]})
			}
		}
	}
	return o
}

// weigh multiplies the query's weights by the inverse document frequency of
// their terms among all points, as Qdrant computes it:
// ln((N - n + 0.5) / (n + 0.5) + 1), for a term that n of N points have.
func (s *segment) weigh(query *terms, overlaps []overlap) []float32 {
	weighted := make([]float32, len(query.indices))
	total := float64(len(s.slots))
	for place := range weighted {
		n := 0.0
		for _, part := range overlaps {
			n += float64(part.counts[place])
		}
		weighted[place] = query.weights[place] * float32(math.Log((total-n+0.5)/(n+0.5)+1))
	}
	return weighted
}
