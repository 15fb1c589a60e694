package service

import (
	"math/bits"
	"strings"

	"github.com/leatworks/leat/pipeline/search"
)

// told is the factor of a word's weight once a line with the word has been chosen. linesAbove and
// linesBelow are the lines that are shown on each side of a chosen line.
const (
	told        = 0.6
	linesAbove  = 2
	linesBelow  = 9
	fewestLines = 6 // a shorter definition is shown whole or not at all
)

// cutter chooses the lines to show of definitions that do not fit.
type cutter struct {
	names   search.Names
	weights weights
}

// newCutter weighs the words of a question. A word that fewer pieces hold has more weight.
func newCutter(names search.Names, pieces []Piece) *cutter {
	list := make([]*passage, len(pieces))
	for i, p := range pieces {
		list[i] = newPassage(names, p.Text)
	}
	return &cutter{names, newWeights(list)}
}

// selection is the set of lines of a piece that are shown.
type selection struct {
	*passage
	taken []bool
	room  int // bytes
}

// take shows lines if there is room for them.
func (s *selection) take(from, to int) bool {
	from, to = max(0, from), min(len(s.lines), to)
	cost := gapOverhead
	for i := from; i < to; i++ {
		if !s.taken[i] {
			cost += len(s.lines[i])
		}
	}
	if cost == gapOverhead || cost > s.room {
		return cost == gapOverhead
	}
	s.room -= cost
	for i := from; i < to; i++ {
		s.taken[i] = true
	}
	return true
}

// cut returns the piece with its head and the lines around those that hold most of the question's
// words, as many as fit. It returns false if these are too few.
func (c *cutter) cut(p Piece, most int, same bool) (Piece, bool) {
	s := selection{passage: newPassage(c.names, p.Text)}
	if len(s.lines) < fewestLines {
		return p, false
	}
	s.taken = make([]bool, len(s.lines))
	s.room = (most-1)*BytesPerToken - (p.cost(same)*BytesPerToken - len(p.Text)) - gapOverhead
	first, last := head(s.lines)
	s.take(first, last)
	w, chosen := c.weights, 0
	for {
		best, at := 0.0, -1
		for i := range s.lines {
			if !s.taken[i] {
				if sum := w.around(s.passage, i); sum > best {
					best, at = sum, i
				}
			}
		}
		if at < 0 {
			break
		}
		below, least := linesBelow, at+1
		if isComment(s.lines[at]) { // a comment belongs to the definition after it
			_, last := head(s.lines[at:])
			least = at + last
		}
		for below >= 0 && !s.take(at-min(below, linesAbove), max(least, at+below+1)) {
			below--
		}
		if below < 0 {
			break
		}
		chosen++
		s.name(p, at)
		for i := max(0, at-linesAbove); i < min(len(s.lines), at+below+1); i++ {
			for all := s.held[i]; all != 0; all &= all - 1 {
				w[bits.TrailingZeros64(all)] *= told
			}
		}
	}
	for i := last; i < len(s.lines); i++ { // the remaining room shows how the code continues
		if s.taken[i] {
			continue
		}
		if s.room += gapOverhead; !s.take(i, i+1) {
			break
		}
	}
	return s.piece(p), chosen > 0
}

// name shows the head of the definition that holds a line.
func (s *selection) name(p Piece, at int) {
	best := -1
	for _, d := range p.symbols {
		if first := d.StartLine - p.StartLine; first >= 0 && first <= at && d.EndLine-p.StartLine >= at && first > best {
			best = first
		}
	}
	if best < 0 {
		return
	}
	first, last := head(s.lines[best:])
	s.take(best+first, best+last)
}

// piece makes a piece of the shown lines. A gap whose mark would take more room than its lines is
// filled.
func (s *selection) piece(p Piece) Piece {
	for i := 1; i+1 < len(s.lines); i++ {
		if !s.taken[i] && s.taken[i-1] && s.taken[i+1] && len(s.lines[i]) <= gapOverhead {
			s.taken[i] = true
		}
	}
	var text strings.Builder
	p.Left = []Gap{}
	for i, line := range s.lines {
		at := p.StartLine + i
		switch last := len(p.Left) - 1; {
		case s.taken[i]:
			text.WriteString(line)
		case last >= 0 && p.Left[last].EndLine == at-1:
			p.Left[last].EndLine = at
		default:
			p.Left = append(p.Left, Gap{at, at})
		}
	}
	p.Text = text.String()
	return p
}
