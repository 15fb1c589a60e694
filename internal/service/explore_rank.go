package service

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/leatworks/leat/pipeline/chunk"
	"github.com/leatworks/leat/pipeline/search"
)

// The weights of a place's rank. It depends on the searches that found the place, on how often it
// holds the question's words (by BM25), and on the share of the words that its name, its path, its
// first line and the lines around its best line hold. docs/quality.md (What an agent reads) says on
// which questions the weights were chosen.
const (
	byFused = 3.3 // weight of the sum of reciprocal ranks, which is 0.3 for the first place of three searches
	byBody  = 0.6
	byName  = 0.4
	byPath  = 0.2
	byHead  = 0.6
	byLines = 0.5
	aside   = 0.4 // factor for tests, examples and prose that the question does not ask for
	data    = 0.6 // factor for sections of other files, such as settings

	saturation = 1.2 // BM25's k1
	lengthPart = 0.5 // BM25's b
)

// passage is the text of a place, with the words of a question that each line holds.
type passage struct {
	lines  []string // each with its end
	held   []uint64 // by line: the question's words, as bits
	counts [search.MaxNames]int
	words  int
}

func newPassage(names search.Names, text string) *passage {
	p := &passage{lines: slices.Collect(strings.Lines(text))}
	p.held = make([]uint64, len(p.lines))
	for i, line := range p.lines {
		var words int
		p.held[i], words = names.Count(line, &p.counts)
		p.words += words
	}
	return p
}

// all returns the question's words that the lines hold.
func (p *passage) all() (held uint64) {
	for _, h := range p.held {
		held |= h
	}
	return held
}

// weights are the weights of the question's words. A word that fewer places hold weighs more.
type weights [search.MaxNames]float64

func newWeights(list []*passage) (w weights) {
	var held [search.MaxNames]int
	for _, p := range list {
		for all := p.all(); all != 0; all &= all - 1 {
			held[bits.TrailingZeros64(all)]++
		}
	}
	for i, n := range held {
		if n > 0 {
			w[i] = math.Log(1 + float64(len(list))/float64(n))
		}
	}
	return w
}

// of returns the weight of some words.
func (w *weights) of(held uint64) (sum float64) {
	for ; held != 0; held &= held - 1 {
		sum += w[bits.TrailingZeros64(held)]
	}
	return sum
}

// near is the factor of a word's weight for a line at a distance of so many lines.
var near = [...]float64{1, 0.8, 0.65, 0.5, 0.4}

// around returns the weight of the words in a line and the lines near it.
func (w *weights) around(p *passage, at int) (sum float64) {
	var seen uint64
	for d, part := range near {
		var here uint64
		if at-d >= 0 {
			here |= p.held[at-d]
		}
		if at+d < len(p.held) {
			here |= p.held[at+d]
		}
		sum += part * w.of(here&^seen)
		seen |= here
	}
	return sum
}

// body returns the BM25 score of the text.
func (w *weights) body(p *passage, mean float64) (sum float64) {
	for i, n := range p.counts {
		if n > 0 {
			long := 1 - lengthPart + lengthPart*float64(p.words)/mean
			sum += w[i] * float64(n) * (saturation + 1) / (float64(n) + saturation*long)
		}
	}
	return sum
}

// rerank sorts fused hits by their content.
func rerank(names search.Names, hits []Hit) {
	list := make([]*passage, len(hits))
	words := 0
	for i, h := range hits {
		list[i] = newPassage(names, h.Text)
		words += list[i].words
	}
	w := newWeights(list)
	total, mean := 0.0, float64(max(1, words))/float64(max(1, len(hits)))
	for _, one := range w {
		total += one
	}
	total = max(total, math.SmallestNonzeroFloat32)
	for i := range hits {
		h, p := &hits[i], list[i]
		best := 0.0
		for at := range p.lines {
			best = max(best, w.around(p, at))
		}
		first, last := head(p.lines)
		score := byFused*float64(h.Score) + byBody*w.body(p, mean)/total + byName*w.of(names.In(h.Symbol))/total +
			byPath*w.of(names.In(h.Path))/total + byHead*w.of(names.In(strings.Join(p.lines[first:last], "")))/total + byLines*best/total
		switch {
		case names.Aside(h.Path, h.Language) || !names.Tests() && inTests(h.Symbol):
			score *= aside
		case h.Kind == chunk.KindSection:
			score *= data
		}
		h.Score = float32(score)
	}
	slices.SortStableFunc(hits, func(a, b Hit) int { return cmp.Compare(b.Score, a.Score) })
}

// inTests says whether a definition is in a module of tests inside a file.
func inTests(symbol string) bool {
	return symbol == "tests" || strings.HasPrefix(symbol, "tests > ") || strings.HasPrefix(symbol, "tests; ")
}

// headLines bounds the lines of a definition's head.
const headLines = 3

// head returns the lines with which a definition begins, after its comments.
func head(lines []string) (first, last int) {
	for first < len(lines)-1 && isComment(lines[first]) {
		first++
	}
	last = min(first+1, len(lines))
	for last < len(lines) && last-first < headLines && !strings.ContainsAny(lines[last-1], "{:=") {
		last++
	}
	return first, last
}

// comments are the beginnings of lines with comments, decorators and attributes.
var comments = []string{"//", "/*", "*", "#", "--", `"""`, "'''", "@", "<!--"}

func isComment(line string) bool {
	line = strings.TrimSpace(line)
	return line == "" || slices.ContainsFunc(comments, func(mark string) bool { return strings.HasPrefix(line, mark) })
}
