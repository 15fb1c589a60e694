package search

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/vector"
)

// candidates returns how many points are ranked at first for a query of limit hits. It leaves room for points that a
// ranking places low but the symbol or the path lifts. If the points yield too few hits, four times as many are ranked,
// up to maxCandidates.
func candidates(limit int) int { return 4*limit + 200 }

const maxCandidates = 2_000

// shortlist returns how many candidates are read at first.
func shortlist(limit int) int { return 2*limit + 5 }

// candidate is a point that may become a hit.
type candidate struct {
	hit        Hit // its Score is fused times boost, changed by the file's other candidates
	blob       [32]byte
	point      vector.Payload
	start, end int     // the bytes of the blob that are the hit's text
	fused      float32 // the score from both rankings
	boost      float32 // the factor from the rules that look at this candidate alone
	held       int     // how many of the query's terms the symbol and the text hold
	terms      uint64  // these terms, as bits
	copies     []candidate
}

// terms is a set of term indices, in order, as pipeline/embedder reads them.
type terms []uint32

// termsOf returns the terms of a query or a name. The parts of keys are left out.
func termsOf(text string) terms { return embedder.AppendQueryTerms(nil, text) }

// termsIn returns the terms by which a text is found.
func termsIn(text string) terms { return embedder.Terms(text).Indices }

// common yields the places in t of the terms that another set has too.
func (t terms) common(other terms) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, j := 0, 0; i < len(t) && j < len(other); {
			switch c := cmp.Compare(t[i], other[j]); {
			case c < 0:
				i++
			case c > 0:
				j++
			default:
				if !yield(i) {
					return
				}
				i, j = i+1, j+1
			}
		}
	}
}

// shared counts the terms that both sets have.
func (t terms) shared(other terms) (n int) {
	for range t.common(other) {
		n++
	}
	return n
}

// mostTerms bounds the terms of a query that a set of bits can hold.
const mostTerms = 64

// in returns the terms that another set has too, as bits.
func (t terms) in(other terms) (set uint64) {
	for i := range t[:min(len(t), mostTerms)].common(other) {
		set |= 1 << i
	}
	return set
}

// names yields the names that a chunk's symbol stands for: each definition in its lists, with its owners and without.
// "Mill; Mill > open, shut" yields Mill, Mill > open, open, Mill > shut and shut.
func names(symbol string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for one := range strings.SplitSeq(symbol, "; ") {
			path, list := "", one
			if at := strings.LastIndex(one, " > "); at >= 0 {
				path, list = one[:at+len(" > ")], one[at+len(" > "):]
			}
			for name := range strings.SplitSeq(list, ", ") {
				last := name
				if !strings.Contains(name, " ") { // a heading is not a list of names
					last = name[strings.LastIndexAny(name, ".:#")+1:]
				}
				if !yield(path+name) || path+name != last && !yield(last) {
					return
				}
			}
		}
	}
}

// rank puts the best candidate first. Among equal scores, the candidate with more of the query's terms comes first,
// then one that is more than a header, then the longer text, then the first by place. The ids of points do not count,
// because they differ between copies of a repository.
func rank(list []candidate) {
	order := make([]int, len(list)) // sorts numbers, because a candidate is large
	for i := range list {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return compare(&list[a], &list[b]) })
	arrange(list, order)
}

// arrange moves list[order[i]] to list[i], for all i. It follows each cycle of moves, and leaves order sorted.
func arrange(list []candidate, order []int) {
	for start := range order {
		if order[start] == start {
			continue
		}
		first := list[start]
		at := start
		for order[at] != start {
			next := order[at]
			list[at], order[at] = list[next], at
			at = next
		}
		list[at], order[at] = first, at
	}
}

func compare(a, b *candidate) int {
	if c := cmp.Compare(b.hit.Score, a.hit.Score); c != 0 {
		return c // what follows is seldom needed
	}
	return cmp.Or(
		cmp.Compare(b.held, a.held),
		header(a)-header(b),
		cmp.Compare(b.point.EndByte-b.point.StartByte, a.point.EndByte-a.point.StartByte),
		place(a, b),
	)
}

func header(c *candidate) int {
	if c.hit.Kind == kindHeader {
		return 1
	}
	return 0
}

// place orders by path, bytes, ref and repository.
func place(a, b *candidate) int {
	return cmp.Or(
		strings.Compare(a.hit.Path, b.hit.Path),
		cmp.Compare(a.point.StartByte, b.point.StartByte),
		strings.Compare(a.hit.Ref, b.hit.Ref),
		slices.Compare(a.hit.Repository[:], b.hit.Repository[:]),
	)
}
