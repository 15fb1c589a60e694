package service

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/fact"
	"github.com/leatworks/leat/pipeline/graph"
)

// ImpactRequest asks what may break if a symbol, a file or the code of a diff changes.
type ImpactRequest struct {
	WalkRequest
	// Diff is a change of the indexed commit in the form of 'git diff', of at most MaxPatch bytes.
	// A request with a diff has no symbol.
	Diff string
}

// ImpactAnswer lists the nodes that may break. The changed nodes come first, with a depth of 0.
type ImpactAnswer struct {
	WalkAnswer
	// Unknown is empty without a diff.
	Unknown []string `json:"unknown,omitempty" doc:"Files of the diff that the graph does not hold: they are new, or not of a language that it reads."`
}

// Impact lists what may break if a symbol, a file or the code of a diff changes: the nodes that
// refer to it over a number of steps, tests first within each distance. It follows edges with a
// confidence of 0.8 or more.
func (s *Service) Impact(ctx context.Context, r ImpactRequest) (a ImpactAnswer, err error) {
	defer mark(&err)
	r.Direction = "in"
	if r.Depth == 0 {
		r.Depth = 3
	}
	if r.Diff != "" && r.Symbol != "" {
		return a, &Error{Kind: Invalid, Field: FieldSymbol, Value: r.Symbol, Reason: "give either a symbol or a diff"}
	}
	g, err := s.graphOf(ctx, r.GraphRequest)
	if err != nil {
		return a, err
	}
	var front []node
	cut := false
	if r.Diff == "" {
		front, err = s.nodes(ctx, g, r.Symbol)
	} else {
		front, a.Unknown, cut, err = s.touched(ctx, g, r.Diff)
	}
	if err != nil {
		return a, err
	}
	w, err := s.walk(ctx, g, r.WalkRequest, front, nil)
	if err != nil {
		return a, err
	}
	w.more = w.more || cut
	slices.SortStableFunc(w.steps, func(x, y Step) int {
		return cmp.Or(x.Depth-y.Depth, testsFirst(x, y), strings.Compare(x.ID, y.ID))
	})
	a.WalkAnswer, err = w.page(g, r.WalkRequest)
	return a, err
}

func testsFirst(a, b Step) int {
	switch {
	case a.Test == b.Test:
		return 0
	case a.Test:
		return -1
	}
	return 1
}

// touched finds the definitions that a diff changes, which are the innermost around each of its
// lines. A removed file counts as a whole. cut says that there are more than maxMatches.
func (s *Service) touched(ctx context.Context, g trackGraph, diff string) (front []node, unknown []string, cut bool, err error) {
	patches, err := readPatch(diff)
	if err != nil {
		return nil, nil, false, err
	}
	byID := make(map[uuid.UUID]patch)
	var documents []uuid.UUID
	for _, p := range patches {
		id := document(g.track, p.path)
		byID[id], documents = p, append(documents, id)
	}
	for part := range slices.Chunk(documents, graphPage) {
		files, err := s.stores.Catalog.Graphs.FilesOf(ctx, g.track, part)
		if err != nil {
			return nil, nil, false, err
		}
		slices.SortFunc(files, func(a, b catalog.StoredEdges) int { return strings.Compare(a.Path, b.Path) })
		for _, f := range files {
			p := byID[f.Document]
			delete(byID, f.Document)
			if p.gone {
				front = append(front, fileNode(f))
				continue
			}
			list, err := s.stores.Catalog.Graphs.SymbolsOf(ctx, []uuid.UUID{f.Document}, fact.MaxDefinitions+fact.MaxImports+1)
			if err != nil {
				return nil, nil, false, err
			}
			front = append(front, p.within(list)...)
		}
		if len(front) > maxMatches {
			return front[:maxMatches], nil, true, nil
		}
	}
	for _, p := range byID {
		unknown = append(unknown, p.path)
	}
	slices.Sort(unknown)
	return front, unknown, false, nil
}

// within returns the innermost definitions around the lines of a patch.
func (p patch) within(list []catalog.GraphSymbol) (found []node) {
	chosen := make(map[int]bool)
	for _, l := range p.lines {
		best := -1
		for i, one := range list {
			if one.Kind == 0 || one.StartLine > l.first || one.EndLine < l.last {
				continue
			}
			if best < 0 || one.EndLine-one.StartLine <= list[best].EndLine-list[best].StartLine {
				best = i
			}
		}
		if best >= 0 && !chosen[best] {
			chosen[best] = true
			found = append(found, node{graph.Target{Document: list[best].Document, Qualified: list[best].Qualified}, symbolOf(list[best])})
		}
	}
	slices.SortStableFunc(found, func(a, b node) int { return a.symbol.StartLine - b.symbol.StartLine })
	return slices.CompactFunc(found, func(a, b node) bool { return a.target == b.target })
}

func badPatch(reason string, args ...any) error {
	return &Error{Kind: Invalid, Field: FieldDiff, Reason: "the diff " + fmt.Sprintf(reason, args...) + ": give one as 'git diff' writes it"}
}
