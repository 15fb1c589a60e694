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

// span tells candidates apart without their text.
type span struct {
	blob       [32]byte
	start, end int
}

func (c candidate) span() span { return span{c.blob, c.point.StartByte, c.point.EndByte} }

// words tells candidates apart by their text, however it is indented and
// broken into lines.
func (c candidate) words() [32]byte {
	return sha256.Sum256([]byte(strings.Join(strings.Fields(c.hit.Text), " ")))
}

// fold makes one candidate of those with the same key.
func fold[K comparable](list []candidate, key func(candidate) K) []candidate {
	folded := make([]candidate, 0, len(list))
	at := make(map[K]int)
	for _, c := range list {
		k := key(c)
		if i, seen := at[k]; seen {
			folded[i].take(c)
			continue
		}
		at[k] = len(folded)
		folded = append(folded, c)
	}
	return folded
}

// take adds a copy of c's text. What stands for them all is the one whose
// symbol and path fit best, then the first by place; its score is of the best
// that any has, for which of equal texts a ranking ends with is no order.
func (c *candidate) take(other candidate) {
	fused := max(c.fused, other.fused)
	if other.boost > c.boost || other.boost == c.boost && place(other, *c) < 0 {
		*c, other = other, *c
	}
	c.copies = append(c.copies, other.copies...)
	other.copies = nil
	c.copies = append(c.copies, other)
	c.fused, c.hit.Score = fused, fused*c.boost
}

// whole is the hit with its places.
func (c candidate) whole() Hit {
	slices.SortFunc(c.copies, place)
	for _, other := range c.copies {
		h := other.hit
		c.hit.Places = append(c.hit.Places, Place{h.Repository, h.Track, h.Ref, h.Commit, h.Path, h.StartLine, h.EndLine})
	}
	return c.hit
}
