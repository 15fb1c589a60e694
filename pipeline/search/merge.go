package search

import (
	"cmp"
	"slices"

	"github.com/leatworks/leat/pipeline/vector"
)

// mergedLines bounds a hit that is merged from neighbours.
const mergedLines = 120

// merge takes the best of the list until there are limit hits. A candidate that
// touches a hit taken before is joined to it.
func merge(list []candidate, limit int) []candidate {
	var taken []candidate
	for _, c := range list {
		if len(taken) == limit {
			break
		}
		taken = append(taken, c)
		for i := len(taken) - 1; i >= 0; {
			// The last hit may now reach from one hit to another.
			j := slices.IndexFunc(taken[:i], func(before candidate) bool { return before.touches(taken[i]) })
			if j >= 0 {
				taken[j].join(taken[i])
				taken = slices.Delete(taken, i, i+1)
			}
			i = j
		}
	}
	return taken
}

// touches says whether both are parts of one document with nothing between
// them, here and in each of the places.
func (c candidate) touches(other candidate) bool {
	if !c.adjoins(other) || len(c.copies) != len(other.copies) || c.hit.Partial || other.hit.Partial {
		return false
	}
	if c.start > other.end || other.start > c.end || max(c.end, other.end)-min(c.start, other.start) > wholeLines {
		return false
	}
	return !slices.ContainsFunc(c.copies, func(copied candidate) bool { return c.beside(copied, other) < 0 })
}

// beside returns the index of the copy of other that lies beside the given copy
// of c as other lies beside c, or -1.
func (c candidate) beside(copied, other candidate) int {
	before := c.hit.StartLine < other.hit.StartLine
	return slices.IndexFunc(other.copies, func(o candidate) bool {
		return copied.adjoins(o) && copied.hit.StartLine < o.hit.StartLine == before
	})
}

// adjoins compares lines, because a copy's bytes have not been read.
func (c candidate) adjoins(other candidate) bool {
	a, b := c.hit, other.hit
	return c.point.Document == other.point.Document && c.blob == other.blob &&
		a.StartLine <= b.EndLine+1 && b.StartLine <= a.EndLine+1 &&
		max(a.EndLine, b.EndLine)-min(a.StartLine, b.StartLine) < mergedLines
}

// join widens c to cover both. It keeps the kind, symbol and score of c, the
// better one.
func (c *candidate) join(other candidate) {
	for i := range c.copies {
		c.copies[i].hit.widen(other.copies[c.beside(c.copies[i], other)].hit)
	}
	text, rest := c.hit.Text, other.hit.Text
	if other.start < c.start {
		text, rest = rest, text
	}
	if overlap := min(c.end, other.end) - max(c.start, other.start); overlap < len(rest) {
		text += rest[overlap:]
	}
	c.hit.Text = text
	c.hit.Symbols = slices.SortedStableFunc(slices.Values(append(c.hit.Symbols, other.hit.Symbols...)),
		func(a, b vector.Symbol) int { return cmp.Compare(a.StartLine, b.StartLine) })
	c.hit.widen(other.hit)
	c.start, c.end = min(c.start, other.start), max(c.end, other.end)
}

func (h *Hit) widen(other Hit) {
	h.StartLine, h.EndLine = min(h.StartLine, other.StartLine), max(h.EndLine, other.EndLine)
	h.StartByte, h.EndByte = min(h.StartByte, other.StartByte), max(h.EndByte, other.EndByte)
}
