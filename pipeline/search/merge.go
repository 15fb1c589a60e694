package search

import (
	"cmp"
	"slices"

	"github.com/leatworks/leat/pipeline/vector"
)

// mergedLines bounds the lines of a hit that is merged from neighbours.
const mergedLines = 120

// merge takes the best candidates of the list until there are limit hits. It joins a candidate to a hit that the
// candidate touches.
func merge(list []candidate, limit int) []candidate {
	var taken []candidate
	for _, c := range list {
		if len(taken) == limit {
			break
		}
		taken = append(taken, c)
		for i := len(taken) - 1; i >= 0; {
			// The joined hit may now touch another hit.
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

// touches reports whether both are parts of one document with nothing between them. The same must hold for each of
// their copies.
func (c candidate) touches(other candidate) bool {
	if !c.adjoins(other) || len(c.copies) != len(other.copies) || c.hit.Partial || other.hit.Partial {
		return false
	}
	if c.start > other.end || other.start > c.end || max(c.end, other.end)-min(c.start, other.start) > wholeLines {
		return false
	}
	return !slices.ContainsFunc(c.copies, func(copied candidate) bool { return c.beside(copied, other) < 0 })
}

// beside returns the index of the copy of other that is beside the given copy of c, on the same side as other is beside
// c. It returns -1 if there is none.
func (c candidate) beside(copied, other candidate) int {
	before := c.hit.StartLine < other.hit.StartLine
	return slices.IndexFunc(other.copies, func(o candidate) bool {
		return copied.adjoins(o) && copied.hit.StartLine < o.hit.StartLine == before
	})
}

// adjoins reports whether both are neighbours in one document. It compares lines, because the bytes of a copy have not
// been read.
func (c candidate) adjoins(other candidate) bool {
	a, b := c.hit, other.hit
	return c.point.Document == other.point.Document && c.blob == other.blob &&
		a.StartLine <= b.EndLine+1 && b.StartLine <= a.EndLine+1 &&
		max(a.EndLine, b.EndLine)-min(a.StartLine, b.StartLine) < mergedLines
}

// join widens c to cover other too. It keeps the kind, symbol and score of c, which is the better of the two.
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
