package qdrant

import (
	"cmp"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// hit is a slot found. A higher score is better.
type hit struct {
	slot  uint32
	score float32
}

// rank orders hits by score, and hits with equal scores by id, so that an answer does not depend on the order in which
// points were written.
func (s *segment) rank(a, b hit) int {
	return cmp.Or(cmp.Compare(b.score, a.score), s.ids[a.slot].compare(s.ids[b.slot]))
}

// best keeps the first hits by rank. It is a heap with the last of them on top.
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

// lowest keeps the largest scores, or bounds of scores, that a scan has seen. It is a heap with the least on top.
type lowest struct {
	limit  int
	lowers []float64
}

// may reports whether a score of at most upper can be among the best. NaN can.
func (v *lowest) may(upper float64) bool {
	return len(v.lowers) < v.limit || !(upper < v.lowers[0])
}

// raise adds a score, or a lower bound of one.
func (v *lowest) raise(lower float64) {
	switch {
	case lower != lower:
		return
	case len(v.lowers) < v.limit:
		v.lowers = append(v.lowers, lower)
		for i := len(v.lowers) - 1; i > 0 && v.lowers[i] < v.lowers[(i-1)/2]; i = (i - 1) / 2 {
			v.lowers[i], v.lowers[(i-1)/2] = v.lowers[(i-1)/2], v.lowers[i]
		}
		return
	case lower <= v.lowers[0]:
		return
	}
	i := 0
	for {
		child := 2*i + 1
		if child >= len(v.lowers) {
			break
		}
		if child+1 < len(v.lowers) && v.lowers[child+1] < v.lowers[child] {
			child++
		}
		if lower <= v.lowers[child] {
			break
		}
		v.lowers[i] = v.lowers[child]
		i = child
	}
	v.lowers[i] = lower
}

// leastWords is the smallest part of a scan that is worth a processor, in words of 64 slots.
const leastWords = 64

// divide calls fn concurrently on parts of about the same length, one for each processor. No part is shorter than
// least, unless there is only one.
func divide(length, least int, fn func(part, first, last int)) (parts int) {
	parts = max(1, min(runtime.GOMAXPROCS(0), length/least))
	sideBySide(parts, func(part int) { fn(part, length*part/parts, length*(part+1)/parts) })
	return parts
}

// sideBySide calls fn with each number below n, in any order and concurrently. If fn panics, the caller panics.
func sideBySide(n int, fn func(int)) {
	if n <= 1 {
		for i := range n {
			fn(i)
		}
		return
	}
	var group sync.WaitGroup
	var next atomic.Int64
	var panicked atomic.Pointer[any]
	for range min(n, runtime.GOMAXPROCS(0)) {
		group.Go(func() {
			defer func() {
				if reason := recover(); reason != nil {
					panicked.Store(&reason)
				}
			}()
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				fn(i)
			}
		})
	}
	group.Wait()
	if reason := panicked.Load(); reason != nil {
		panic(*reason)
	}
}

// merge returns the best results from all parts of a scan.
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
