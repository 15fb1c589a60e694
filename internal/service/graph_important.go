package service

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/network"
	"github.com/leatworks/leat/pipeline/graph"
)

// The kinds of things that can be ranked.
const (
	BySymbol = "symbol"
	ByFile   = "file"
)

// ImportantRequest asks for the most important symbols or files of a graph.
type ImportantRequest struct {
	GraphRequest        // without a symbol
	By           string // symbol or file; "": symbol
	After        string // Next of the previous answer; "": from the first
	Limit        int    // 1 to MaxSymbols; 0: 50
}

// Important is a symbol or a file with its rank.
type Important struct {
	Symbol
	Rank   float64 `json:"rank" doc:"Its PageRank: the share of time that a reader who follows references at random spends on it. The ranks of a graph add up to 1."`
	UsedBy int     `json:"used_by" doc:"Number of symbols, or files, that refer to it."`
}

// ImportantAnswer lists the most important nodes first, at most 1,000 in all.
type ImportantAnswer struct {
	At
	Important []Important `json:"important" nullable:"false"`
	Next      string      `json:"-"`
}

// ranked is a node of a kept answer.
type ranked struct {
	Document  uuid.UUID `json:"d"`
	Qualified string    `json:"q"`
	Rank      float64   `json:"r"`
	UsedBy    int       `json:"n"`
}

// Important ranks the symbols or the files of a graph by PageRank over its edges, weighted by their
// confidence.
func (s *Service) Important(ctx context.Context, r ImportantRequest) (a ImportantAnswer, err error) {
	defer mark(&err)
	g, err := s.graphOf(ctx, r.GraphRequest)
	if err != nil {
		return a, err
	}
	if r.Limit, err = graphLimit(r.Limit); err != nil {
		return a, err
	}
	skip, err := skipped(r.After)
	if err != nil {
		return a, err
	}
	rank := s.rankSymbols
	switch r.By {
	case "", BySymbol:
		r.By = BySymbol
	case ByFile:
		rank = s.rankFiles
	default:
		return a, &Error{Kind: Invalid, Field: FieldKind, Value: r.By, Reason: fmt.Sprintf("unknown ranking %q: give symbol or file", r.By)}
	}
	list, err := kept(ctx, s, g, "important "+r.By+" 1", func(ctx context.Context) ([]ranked, error) { return rank(ctx, g) })
	if err != nil {
		return a, err
	}
	list, a.Next = part(list, skip, r.Limit)
	targets := make([]graph.Target, len(list))
	for i, one := range list {
		targets[i] = graph.Target{Document: one.Document, Qualified: one.Qualified}
	}
	known, err := s.describe(ctx, g, targets)
	if err != nil {
		return a, err
	}
	a.At, a.Important = g.at, []Important{}
	for i, one := range list {
		if symbol, ok := known[targets[i]]; ok { // otherwise it is gone since
			a.Important = append(a.Important, Important{symbol, one.Rank, one.UsedBy})
		}
	}
	return a, nil
}

func (s *Service) rankFiles(ctx context.Context, g trackGraph) ([]ranked, error) {
	w, err := s.readWhole(ctx, g, nil, nil)
	if err != nil {
		return nil, err
	}
	net := network.New(len(w.files), w.edges)
	targets := make([]graph.Target, len(w.files))
	for i, f := range w.files {
		targets[i].Document = f.Document
	}
	return first(net, targets, true), nil
}

// rankSymbols ranks the symbols. Files take part in the ranking, since references also stand
// outside definitions, but are left out of the list.
func (s *Service) rankSymbols(ctx context.Context, g trackGraph) ([]ranked, error) {
	var targets []graph.Target
	var edges []network.Edge
	place := make(map[graph.Target]int32)
	of := func(t graph.Target) int32 {
		i, ok := place[t]
		if !ok {
			i = int32(len(targets))
			t.Qualified = strings.Clone(t.Qualified) // so that the other edges of its file can be freed
			targets, place[t] = append(targets, t), i
		}
		return i
	}
	last, lastOf := graph.Target{}, int32(-1) // edges of one definition follow each other
	_, err := s.readWhole(ctx, g, nil, func(file uuid.UUID, e graph.End) {
		if from := (graph.Target{Document: file, Qualified: e.From}); lastOf < 0 || from != last {
			last, lastOf = from, of(from)
		}
		if len(edges) <= maxGraphEdges {
			edges = append(edges, network.Edge{From: lastOf, To: of(e.To), Weight: e.Confidence})
		}
	})
	if err != nil {
		return nil, err
	}
	if len(edges) > maxGraphEdges {
		reason := fmt.Sprintf("the graph has more than %d edges between symbols: ask for files", maxGraphEdges)
		return nil, &Error{Kind: Refused, Field: FieldRepository, Reason: reason}
	}
	return first(network.New(len(targets), edges), targets, false), nil
}

// first ranks a network, and returns the nodes with the highest ranks, with or without files. Nodes
// with the same rank are in the order of targets.
func first(net *network.Network, targets []graph.Target, files bool) (list []ranked) {
	uses := net.Inward()
	for i, r := range net.Rank() {
		if files || targets[i].Qualified != "" {
			list = append(list, ranked{targets[i].Document, targets[i].Qualified, r, uses[i]})
		}
	}
	slices.SortStableFunc(list, func(a, b ranked) int { return cmp.Compare(b.Rank, a.Rank) })
	return list[:min(len(list), maxRanked)]
}
