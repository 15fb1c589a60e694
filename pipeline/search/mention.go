package search

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/vector"
)

// mention says how a query mentions a name that is spelt like one in code.
type mention struct {
	before string // the name before it in its token, as Mill in Mill::open; "" if there is none
	leads  bool   // another name follows it in its token
}

// The shares for a definition that a query does not name exactly.
const (
	shareElsewhere = 0.6 // the query asks for Mill::open, and this is the open of something else
	shareOfOwner   = 0.6 // the query asks for Mill, and this is the constructor Mill > Mill
	shareLeading   = 0.3 // the query asks for Mill::open, and this is Mill
)

// mentionsIn finds the names in a token.
func mentionsIn(token string, yield func(name string, m mention)) {
	list := strings.FieldsFunc(token, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' })
	for i, name := range list {
		m := mention{leads: i+1 < len(list)}
		if i > 0 {
			m.before = list[i-1]
		}
		yield(name, m)
	}
}

// named returns how well a chunk defines a name in the query. Names are compared letter by letter.
func named(q *question, c *candidate) float64 {
	if c.hit.Kind == kindHeader || len(q.identifiers) == 0 {
		return 0
	}
	best := 0.0
	for s := range c.definitions() {
		name := s.Name
		for own := range s.Names() {
			name = own // the last is the name without owners
		}
		asked, is := q.identifiers[name]
		if !is {
			continue
		}
		owners := strings.FieldsFunc(strings.TrimSuffix(s.Name, name), func(r rune) bool { return strings.ContainsRune(owned, r) })
		switch {
		case asked.leads:
			best = max(best, shareLeading)
		case asked.before != "" && !slices.Contains(owners, asked.before):
			best = max(best, shareElsewhere)
		case asked.before == "" && len(owners) > 0 && owners[len(owners)-1] == name:
			best = max(best, shareOfOwner)
		default:
			return 1
		}
	}
	return best
}

// definitions yields what the chunk defines. A point of an older version has only the symbol, which is a list of names.
func (c *candidate) definitions() iter.Seq[vector.Symbol] {
	if c.point.Symbols != "" {
		return c.point.Symbols.All()
	}
	return func(yield func(vector.Symbol) bool) {
		whole := ""
		for name := range names(c.hit.Symbol) {
			if owners, is := strings.CutSuffix(whole, name); is && strings.ContainsAny(last(owners), owned) {
				continue // the same name without its owners
			}
			if whole = name; !yield(vector.Symbol{Name: name}) {
				return
			}
		}
	}
}

// owned holds the characters between a definition and its owner.
const owned = ` >.:#\`

// last returns the last byte of a text.
func last(text string) string { return text[max(0, len(text)-1):] }

// mostNamed bounds the names that are looked up, and mostDefinitions the definitions found for them.
const (
	mostDefinitions = 30
	mostNamed       = 16
)

// definitions finds the points that define what the query names. If many texts hold a name, its definition may not be
// among the candidates otherwise.
func (s *Searcher) definitions(ctx context.Context, q Query, filter vector.Filter, dense []float32) ([]vector.Hit, error) {
	if len(q.Symbols) > 0 {
		return nil, nil // every candidate defines one
	}
	filter.Symbols = newQuestion(q.Text).defined()
	if len(filter.Symbols) == 0 {
		return nil, nil
	}
	return s.Points.Search(ctx, s.Generation.Collection, q.points(filter, dense, mostDefinitions))
}

// defined lists the names whose definitions the query may mean.
func (q *question) defined() []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(q.identifiers)) {
		if !q.identifiers[name].leads && len(list) < mostNamed {
			list = append(list, name)
		}
	}
	return list
}

// with adds the definitions that are not among the found points. They get the score of the last point, because they
// cannot have a better one.
func with(found, definitions []vector.Hit) []vector.Hit {
	if len(found) == 0 {
		return found
	}
	known := make(map[uuid.UUID]bool, len(found))
	for _, h := range found {
		known[h.ID] = true
	}
	least := found[len(found)-1].Score
	for _, h := range definitions {
		if !known[h.ID] {
			h.Score, h.Apart = least, false
			found = append(found, h)
		}
	}
	return found
}
