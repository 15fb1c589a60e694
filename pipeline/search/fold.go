package search

import (
	"crypto/sha256"
	"iter"
	"slices"
	"strings"
)

// places yields the candidate and its copies.
func (c *candidate) places() iter.Seq[*candidate] {
	return func(yield func(*candidate) bool) {
		if !yield(c) {
			return
		}
		for i := range c.copies {
			if !yield(&c.copies[i]) {
				return
			}
		}
	}
}

// span identifies a candidate without its text.
type span struct {
	blob       [32]byte
	start, end int
}

func (c *candidate) span() span { return span{c.blob, c.point.StartByte, c.point.EndByte} }

// words identifies a candidate by its text, without regard to indentation and line breaks.
func (c *candidate) words() [32]byte {
	return sha256.Sum256([]byte(strings.Join(strings.Fields(c.hit.Text), " ")))
}

// fold merges candidates with the same key into one. The result uses the memory of list.
func fold[K comparable](list []candidate, key func(*candidate) K) []candidate {
	folded := list[:0]
	at := make(map[K]int, len(list))
	for i := range list {
		k := key(&list[i])
		if j, seen := at[k]; seen {
			folded[j].take(list[i])
			continue
		}
		at[k] = len(folded)
		if len(folded) == i {
			folded = list[:i+1]
		} else {
			folded = append(folded, list[i])
		}
	}
	return folded
}

// take adds a copy of c's text. The copy with the best boost represents all copies, and among equal boosts the first by
// place. Its score is the best that any copy has, because the order in which a ranking lists equal texts means nothing.
func (c *candidate) take(other candidate) {
	fused, score := max(c.fused, other.fused), max(c.hit.Score, other.hit.Score)
	if other.boost > c.boost || other.boost == c.boost && place(&other, c) < 0 {
		*c, other = other, *c
	}
	c.copies = append(c.copies, other.copies...)
	other.copies = nil
	c.copies = append(c.copies, other)
	c.fused, c.hit.Score = fused, score
}

// whole returns the hit with its places.
func (c candidate) whole() Hit {
	slices.SortFunc(c.copies, func(a, b candidate) int { return place(&a, &b) })
	for _, other := range c.copies {
		h := other.hit
		c.hit.Places = append(c.hit.Places, Place{h.Repository, h.Track, h.Ref, h.Commit, h.Path, h.StartLine, h.EndLine})
	}
	return c.hit
}
