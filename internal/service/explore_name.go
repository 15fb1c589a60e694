package service

import (
	"cmp"
	"context"
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/search"
)

// These values were chosen on the ten questions of internal/mcp, and measured on 240 others
// (docs/quality.md).
const (
	beforeNames = 2 // hits that come before the definitions found by name; measured against 3 and 4
	maxByName   = 4 // definitions that are found by name
	namedShare  = 6 // each takes at most one part in so many of the budget; measured against 3 and 4
)

// nominee is a definition in a file with hits.
type nominee struct {
	Definition
	hit   Hit     // the best hit of its file
	near  float64 // the score of that hit, as a share of the best hit's
	held  uint64
	share float64
}

// score adds the weights of the question's words in the name. A word that fewer names hold weighs
// more. Names with few other words, and files with better hits, score higher.
func (n nominee) score(weights []float64) (sum float64) {
	for held := n.held; held != 0; held &= held - 1 {
		sum += weights[bits.TrailingZeros64(held)]
	}
	return sum * (1 + n.share) / 2 * (1 + n.near) / 2
}

// named looks at the files of the hits a second time, for definitions whose names hold words of the
// question that few names there hold. A search ranks texts, so a text about many things may come
// before the short function that answers the question.
func (x *exploration) named(ctx context.Context, hits []Hit) (list []Piece, err error) {
	nominees, err := x.nominees(ctx, x.names, hits)
	if err != nil {
		return nil, err
	}
	weights := make([]float64, 64)
	for i := range weights {
		n := 0
		for _, one := range nominees {
			n += int(one.held >> i & 1)
		}
		weights[i] = math.Log(1 + float64(len(nominees))/float64(max(n, 1)))
	}
	nominees = slices.DeleteFunc(nominees, func(n nominee) bool { return n.held == 0 || n.EndLine-n.StartLine >= maxWhole })
	slices.SortStableFunc(nominees, func(a, b nominee) int { return cmp.Compare(b.score(weights), a.score(weights)) })
	for _, n := range nominees[:min(len(nominees), maxByName)] {
		text, err := x.lines(ctx, n.hit, n.StartLine, n.EndLine)
		if err != nil {
			return nil, err
		}
		if text.Text == "" || text.More {
			continue
		}
		p := pieceOf(n.hit)
		p.StartLine, p.EndLine, p.Kind, p.Symbol, p.Text = text.First, text.Last, n.Kind, n.Symbol, text.Text
		if p.cost(true) <= x.budget/namedShare {
			list = append(list, p)
		}
	}
	return list, nil
}

// nominees returns the definitions with a unique name in the files of hits, except files of tests,
// examples or prose.
func (x *exploration) nominees(ctx context.Context, names search.Names, hits []Hit) (list []nominee, err error) {
	seen, best := make(map[uuid.UUID]bool), max(hits[0].Score, 0.001)
	for _, h := range hits {
		if seen[h.document] || names.Aside(h.Path, h.Language) {
			continue
		}
		seen[h.document] = true
		f, err := x.file(ctx, h)
		if err != nil {
			return nil, err
		}
		for _, d := range f.outline {
			if d.Symbol == "" || strings.ContainsAny(d.Symbol, ",;") {
				continue
			}
			n := nominee{Definition: d, hit: h, near: float64(max(0, h.Score)) / float64(best)}
			n.held, n.share = names.Of(lastName(d.Symbol))
			list = append(list, n)
		}
	}
	return list, nil
}
