package service

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/graph"
)

// The bounds of a search for related files.
const (
	maxShared        = 200   // symbols of a file by which other files are found
	maxFilesOfShared = 1_000 // files that are read for them
	maxTogether      = 50    // files of a snapshot, beyond which it says nothing about their relation
	maxWhy           = 5     // symbols that are named as the reason
)

// RelatedRequest asks for the files related to the file of a symbol.
type RelatedRequest struct {
	GraphRequest        // the symbol is a file, or any symbol in it
	After        string // Next of the previous answer; "": from the first
	Limit        int    // 1 to MaxSymbols; 0: 50
}

// Related is a file that is related to another.
type Related struct {
	Path     string   `json:"path"`
	Language string   `json:"language"`
	Score    float64  `json:"score" doc:"The sum of the other figures: the higher, the closer."`
	Refers   float64  `json:"refers" doc:"Sum of the references between the two, weighted by their confidence."`
	Shares   float64  `json:"shares" doc:"Symbols of other files that both refer to. The more files refer to a symbol, the less it counts."`
	Symbols  []string `json:"symbols" nullable:"false" doc:"Ids of symbols that both refer to, the rarest first; at most 5."`
	Changed  bool     `json:"changed" doc:"The same indexed commit was the last to change both; adds 1 to the score."`
}

// RelatedAnswer lists the closest files first.
type RelatedAnswer struct {
	At
	Files   []string  `json:"files" nullable:"false" doc:"The files that the name stands for."`
	Related []Related `json:"related" nullable:"false"`
	More    bool      `json:"more" doc:"A bound ended the search, so there may be more than this page lists."`
	Next    string    `json:"-"`
}

// Related lists files that refer to a file or that it refers to, that refer to the same
// symbols, or that were changed with it.
func (s *Service) Related(ctx context.Context, r RelatedRequest) (a RelatedAnswer, err error) {
	defer mark(&err)
	g, err := s.graphOf(ctx, r.GraphRequest)
	if err != nil {
		return a, err
	}
	if r.Limit, err = graphLimit(r.Limit); err != nil {
		return a, err
	}
	nodes, err := s.nodes(ctx, g, r.Symbol)
	if err != nil {
		return a, err
	}
	slices.SortStableFunc(nodes, func(x, y node) int { return strings.Compare(x.symbol.Path, y.symbol.Path) })
	nodes = slices.CompactFunc(nodes, func(x, y node) bool { return x.target.Document == y.target.Document })
	a = RelatedAnswer{At: g.at, Files: []string{}, Related: []Related{}}
	if len(nodes) > 1 {
		reason := fmt.Sprintf("%s stands in %d files: name one", r.Symbol, len(nodes))
		return a, &Error{Kind: Invalid, Field: FieldSymbol, Reason: reason}
	}
	a.Files = append(a.Files, nodes[0].symbol.Path)
	k := kin{file: nodes[0].target.Document, of: make(map[uuid.UUID]*Related), shared: make(map[graph.Target][]uuid.UUID)}
	skip, err := skipped(r.After)
	if err != nil {
		return a, err
	}
	late, err := s.inTime(ctx, func(ctx context.Context) (err error) {
		if a.More, err = s.sharing(ctx, g, &k); err != nil {
			return err
		}
		if err := s.together(ctx, g, &k); err != nil {
			return err
		}
		return s.explain(ctx, g, &k)
	})
	if err != nil {
		return a, err
	}
	a.More = a.More || late
	for _, one := range k.of {
		one.Score = one.Refers + one.Shares
		if one.Changed {
			one.Score++
		}
		a.Related = append(a.Related, *one)
	}
	slices.SortFunc(a.Related, func(x, y Related) int { return cmp.Or(cmp.Compare(y.Score, x.Score), strings.Compare(x.Path, y.Path)) })
	a.Related, a.Next = part(a.Related, skip, r.Limit)
	a.More = a.More || a.Next != ""
	return a, nil
}

// kin holds the relations of a file that were found.
type kin struct {
	file   uuid.UUID
	of     map[uuid.UUID]*Related
	shared map[graph.Target][]uuid.UUID // files that refer to the same targets as the file
}

func (k *kin) add(f catalog.StoredEdges) *Related {
	one := k.of[f.Document]
	if one == nil {
		one = &Related{Path: f.Path, Language: f.Language, Symbols: []string{}}
		k.of[f.Document] = one
	}
	return one
}

// sharing finds files with edges between them and the file, or to the same symbols.
func (s *Service) sharing(ctx context.Context, g trackGraph, k *kin) (more bool, err error) {
	own, err := s.stores.Catalog.Graphs.FilesOf(ctx, g.track, []uuid.UUID{k.file})
	if err != nil || len(own) == 0 {
		return false, err
	}
	keys := []int64{graph.TargetKey(graph.Target{Document: k.file})}
	out := make(map[uuid.UUID]float64)
	err = decoded(own, func(_ catalog.StoredEdges, edges []graph.Edge) {
		for _, e := range edges {
			if e.Confidence() < sureness {
				continue
			}
			for _, t := range e.Targets {
				if t.Document == k.file {
					continue
				}
				out[t.Document] += e.Confidence()
				if _, known := k.shared[t]; known || t.Qualified == "" {
					continue
				}
				if len(k.shared) == maxShared {
					more = true
					continue
				}
				k.shared[t] = nil
				keys = append(keys, graph.TargetKey(t))
			}
		}
	})
	if err != nil {
		return false, err
	}
	others, err := s.leading(ctx, g, keys, maxFilesOfShared, k.lead)
	if err != nil {
		return false, err
	}
	files, err := s.stores.Catalog.Graphs.FilesOf(ctx, g.track, slices.Collect(maps.Keys(out)))
	if err != nil {
		return false, err
	}
	for _, f := range files {
		k.add(f).Refers += out[f.Document]
	}
	return more || others, nil
}

// lead counts the edges of another file that lead to k.file, or to a target that both
// share.
func (k *kin) lead(f catalog.StoredEdges, edges []graph.Edge) {
	if f.Document == k.file {
		return
	}
	seen := make(map[graph.Target]bool)
	for _, e := range edges {
		if e.Confidence() < sureness {
			continue
		}
		for _, t := range e.Targets {
			if t.Document == k.file {
				k.add(f).Refers += e.Confidence()
			}
			if list, ok := k.shared[t]; ok && !seen[t] && f.Document != t.Document {
				seen[t] = true
				k.shared[t] = append(list, f.Document)
				k.add(f)
			}
		}
	}
}

// together finds the files that were changed with the file.
func (s *Service) together(ctx context.Context, g trackGraph, k *kin) error {
	paths, err := s.stores.Catalog.Graphs.ChangedWith(ctx, g.track, k.file, maxTogether+1)
	if err != nil || len(paths) > maxTogether {
		return err
	}
	var ids []uuid.UUID
	for _, p := range paths {
		if id := document(g.track, p); id != k.file {
			ids = append(ids, id)
		}
	}
	files, err := s.stores.Catalog.Graphs.FilesOf(ctx, g.track, ids)
	if err != nil {
		return err
	}
	language := make(map[uuid.UUID]string)
	for _, f := range files {
		language[f.Document] = f.Language
	}
	for _, p := range paths {
		if id := document(g.track, p); id != k.file {
			k.add(catalog.StoredEdges{Document: id, Path: p, Language: language[id]}).Changed = true
		}
	}
	return nil
}

// explain counts shared symbols, and names the rarest.
func (s *Service) explain(ctx context.Context, g trackGraph, k *kin) error {
	var targets []graph.Target
	for t, files := range k.shared {
		if len(files) > 0 {
			targets = append(targets, t)
		}
	}
	known, err := s.describe(ctx, g, targets)
	if err != nil {
		return err
	}
	targets = slices.DeleteFunc(targets, func(t graph.Target) bool { _, ok := known[t]; return !ok })
	slices.SortFunc(targets, func(a, b graph.Target) int {
		return cmp.Or(len(k.shared[a])-len(k.shared[b]), strings.Compare(known[a].ID, known[b].ID))
	})
	for _, t := range targets {
		for _, id := range k.shared[t] {
			one := k.of[id]
			one.Shares += 1 / float64(1+len(k.shared[t])) // 1 for the file itself
			if len(one.Symbols) < maxWhy {
				one.Symbols = append(one.Symbols, known[t].ID)
			}
		}
	}
	return nil
}
