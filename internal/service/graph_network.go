package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/network"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/graph"
)

// The bounds of answers about a whole graph.
const (
	maxGraphFiles = 50_000    // files of a graph that can be ranked
	maxGraphEdges = 5_000_000 // edges between its symbols
	networkPage   = 500       // files that are read at once
	maxRanked     = 1_000     // nodes that a kept answer holds
)

// kept returns an answer about a whole graph: the one that was found when the graph last
// changed, or a new one, which it keeps. One is found at a time, since each takes memory
// by the size of its graph.
func kept[A any](ctx context.Context, s *Service, g trackGraph, question string, find func(context.Context) (A, error)) (a A, err error) {
	load := func() (bool, error) {
		encoded, err := s.stores.Catalog.Graphs.KeptAnswer(ctx, g.track, question, g.changed)
		if errors.Is(err, catalog.ErrNotFound) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if err := json.Unmarshal(encoded, &a); err != nil {
			return false, fmt.Errorf("decode the kept answer to %s: %w", question, err)
		}
		return true, nil
	}
	if found, err := load(); found || err != nil {
		return a, err
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return a, ctx.Err()
	}
	if found, err := load(); found || err != nil { // who had the turn may have found it
		return a, err
	}
	if a, err = find(ctx); err != nil {
		return a, err
	}
	encoded, err := json.Marshal(a)
	if err != nil {
		return a, fmt.Errorf("encode the answer to %s: %w", question, err)
	}
	return a, s.stores.Catalog.Graphs.KeepAnswer(ctx, g.track, question, g.changed, encoded)
}

// whole is a graph in memory: its files, and the edges between them.
type whole struct {
	files []catalog.StoredEdges // without their edges, by path
	place map[uuid.UUID]int32   // of each file
	edges []network.Edge        // between files
}

// readWhole reads a graph. It calls each, if it is not nil, with each file's edges.
func (s *Service) readWhole(ctx context.Context, g trackGraph, each func(file uuid.UUID, edges []graph.Edge)) (*whole, error) {
	w := &whole{place: make(map[uuid.UUID]int32)}
	type leading struct {
		from   int32
		to     uuid.UUID
		weight float64
	}
	var links []leading
	for after := ""; ; {
		page, err := s.stores.Catalog.Graphs.Files(ctx, g.track, after, networkPage)
		if err != nil {
			return nil, err
		}
		err = decoded(page, func(f catalog.StoredEdges, edges []graph.Edge) {
			from := int32(len(w.files))
			f.Edges = nil
			w.files, w.place[f.Document] = append(w.files, f), from
			weights := make(map[uuid.UUID]float64)
			for _, e := range edges {
				for _, to := range e.Targets {
					if weights[to.Document] == 0 && to.Document != f.Document {
						links = append(links, leading{from: from, to: to.Document})
					}
					weights[to.Document] += e.Confidence()
				}
			}
			for i := len(links) - 1; i >= 0 && links[i].from == from; i-- {
				links[i].weight = weights[links[i].to]
			}
			if each != nil {
				each(f.Document, edges)
			}
		})
		if err != nil {
			return nil, err
		}
		if len(w.files) > maxGraphFiles || len(links) > maxGraphEdges {
			reason := fmt.Sprintf("the graph has more than %d files or %d edges, too many to compare all", maxGraphFiles, maxGraphEdges)
			return nil, &Error{Kind: Refused, Field: FieldRepository, Reason: reason}
		}
		if len(page) < networkPage {
			break
		}
		after = page[len(page)-1].Path
	}
	for _, l := range links {
		if to, ok := w.place[l.to]; ok {
			w.edges = append(w.edges, network.Edge{From: l.from, To: to, Weight: l.weight})
		}
	}
	return w, nil
}
