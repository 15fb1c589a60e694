package search

import (
	"bytes"
	"slices"

	"github.com/leatworks/leat/pipeline/vector"
)

// narrow reduces the candidate to the lines of the definitions that were asked for by name, with the comment before
// them. It does nothing if the chunk holds no other definition.
func (c *candidate) narrow(content []byte, names []string) {
	all := slices.Collect(c.point.Symbols.All())
	var asked []vector.Symbol
	for _, s := range all {
		if slices.ContainsFunc(names, s.Named) {
			asked = append(asked, s)
		}
	}
	if len(asked) == 0 || len(all) == 1 || c.hit.Partial {
		return
	}
	lines := bytes.SplitAfter(content[c.start:c.end], []byte("\n"))
	first, last := c.hit.EndLine, c.hit.StartLine
	for _, s := range asked {
		first, last = min(first, s.StartLine), max(last, s.EndLine)
	}
	for first > c.hit.StartLine && leads(lines[first-1-c.hit.StartLine], first-1, all) {
		first--
	}
	from, to := first-c.hit.StartLine, last-c.hit.StartLine+1
	if from < 0 || to > len(lines) || from >= to {
		return // the point is of another text
	}
	c.hit.Symbol = asked[0].Name
	c.end = c.start + size(lines[:to])
	c.start += size(lines[:from])
	c.hit.StartLine, c.hit.EndLine = first, last
	for i := range c.copies {
		c.copies[i].hit.StartLine, c.copies[i].hit.EndLine = first, last
	}
}

// leads reports whether a line before a definition belongs to it. Such a line begins with the mark of a comment or an
// attribute, and no other definition begins or ends there.
func leads(line []byte, number int, all []vector.Symbol) bool {
	line = bytes.TrimSpace(line)
	return len(line) > 0 && bytes.IndexByte([]byte("#/*-@[%;\"'"), line[0]) >= 0 &&
		!slices.ContainsFunc(all, func(s vector.Symbol) bool { return s.StartLine == number || s.EndLine == number })
}

func size(lines [][]byte) (n int) {
	for _, line := range lines {
		n += len(line)
	}
	return n
}
