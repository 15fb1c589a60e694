package service

import (
	"cmp"
	"context"
	"math/bits"
	"regexp"
	"slices"
	"strings"
)

// call matches a name before an opening parenthesis, which is a call in most languages.
var call = regexp.MustCompile(`([\pL_][\pL\pN_]{2,})\s*\(`)

// called finds the definitions that each of the pieces calls.
func (x *exploration) called(ctx context.Context, pieces []Piece) (lists [][]Piece, err error) {
	lists = make([][]Piece, len(pieces))
	var names []string
	for _, p := range pieces {
		for _, name := range calls(p.Text) {
			own := slices.ContainsFunc(pieces, func(q Piece) bool { return lastName(q.Symbol) == name })
			if len(names) < maxCalls && !own && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		return lists, nil
	}
	found, err := x.Search(ctx, SearchRequest{
		Tenant: x.request.Tenant, Reach: x.request.Reach, Query: strings.Join(names, " "), Repositories: []string{pieces[0].Repository}, Ref: pieces[0].Ref,
		Symbols: names, Limit: exploreHits, parts: true,
	})
	if err != nil {
		return nil, err
	}
	for i, p := range pieces {
		if lists[i], err = x.pieces(ctx, x.closest(meant(p, found.Hits)), cmp.Or(p.Symbol, p.Path)); err != nil {
			return nil, err
		}
	}
	return lists, nil
}

// meant chooses the definitions that a piece calls. It leaves out a name that is defined more than
// once, unless one of the definitions is in the piece's own file.
func meant(p Piece, definitions []Hit) (list []Hit) {
	called := calls(p.Text)
	byName := make(map[string][]Hit)
	for _, h := range definitions {
		if h.Language == p.Language {
			byName[lastName(h.Symbol)] = append(byName[lastName(h.Symbol)], h)
		}
	}
	for _, name := range slices.Compact(called) {
		same := byName[name]
		if len(same) > 1 {
			same = slices.DeleteFunc(same, func(h Hit) bool { return h.Path != p.Path })
		}
		if len(same) == 1 {
			list = append(list, same[0])
		}
		delete(byName, name)
	}
	return list
}

// closest sorts definitions by how many of the question's words they hold. It leaves out tests
// unless the question asks for tests.
func (x *exploration) closest(list []Hit) []Hit {
	list = slices.DeleteFunc(list, func(h Hit) bool {
		return x.names.Aside(h.Path, h.Language) || !x.names.Tests() && inTests(h.Symbol)
	})
	held := func(h Hit) int { return bits.OnesCount64(x.names.In(h.Symbol + " " + h.Text)) }
	slices.SortStableFunc(list, func(a, b Hit) int { return cmp.Compare(held(b), held(a)) })
	return list
}

// calls lists the names that a text calls, in their order.
func calls(text string) (names []string) {
	for _, m := range call.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	return names
}

// lastName returns the last part of a qualified name.
func lastName(symbol string) string {
	return symbol[strings.LastIndexAny(symbol, ".:#/ ")+1:]
}
