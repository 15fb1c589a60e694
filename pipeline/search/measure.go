package search

import (
	"math/bits"
	"strings"

	"github.com/leatworks/leat/pipeline/embedder"
)

// kindHeader is the kind of a chunk that holds a package clause and imports. Its symbol is not a definition.
const kindHeader = "header"

// symbolShare compares the query's terms with those of the chunk's best name.
func symbolShare(q *question, c *candidate) float64 {
	if c.hit.Kind == kindHeader || len(q.terms) == 0 {
		return 0
	}
	best := 0.0
	for name := range names(c.hit.Symbol) {
		q.own = embedder.AppendQueryTerms(q.own[:0], name)
		best = max(best, dice(q.terms.shared(q.own), len(q.terms), len(q.own)))
	}
	return best
}

// dice is 1 for equal sets and 0 for disjoint ones (L. Dice, "Measures of the
// amount of ecologic association between species", 1945).
func dice(shared, a, b int) float64 {
	if shared == 0 {
		return 0
	}
	return 2 * float64(shared) / float64(a+b)
}

// covered returns the largest share that the query holds of the words of one name. The names of a definition's owners
// do not count.
func covered(q *question, c *candidate) float64 {
	if c.hit.Kind == kindHeader || len(q.words) == 0 {
		return 0
	}
	best := 0.0
	for name := range names(c.hit.Symbol) {
		if strings.Contains(name, " > ") || strings.ContainsAny(name, ".:#") {
			continue
		}
		best = max(best, q.share(embedder.Words(name, maxWords)))
	}
	return best
}

// pathShare is the share that the path holds of the query's words that count for paths (see meet).
func pathShare(q *question, c *candidate) float64 {
	return float64(bits.OnesCount64(q.spot(c.hit.Path).inPath)) / float64(max(1, bits.OnesCount64(q.met)))
}

func nameShare(q *question, c *candidate) float64 { return q.spot(c.hit.Path).inName }

func fileNamed(q *question, c *candidate) float64 {
	if at := q.spot(c.hit.Path); at.named || at.alike {
		return 1
	}
	return 0
}

// plays returns a measure that is 1 for a file in the role. It is 0 if the query asks for the role, names the file, or
// is a name that no candidate defines: the one place that holds such a name may be a test or a page.
func plays(r role) func(*question, *candidate) float64 {
	return func(q *question, c *candidate) float64 {
		at := q.spot(c.hit.Path)
		if (at.role|languages[c.hit.Language])&r&^q.asks == 0 || at.named || q.anywhere {
			return 0
		}
		return 1
	}
}
