package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

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

// kept returns an answer about a whole graph. It returns the stored answer if the graph has not
// changed since, or else finds a new one and stores it. It finds one at a time, since each takes
// memory in proportion to its graph.
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
	if found, err := load(); found || err != nil { // the previous holder of the turn may have found it
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

// whole is a graph in memory, with its files and the edges between them.
type whole struct {
	files []catalog.StoredEdges // without their edges, by path
	place map[uuid.UUID]int32   // of each file
	edges []network.Edge        // between files
}

// readWhole reads a graph. It reads the next files while it decodes some. It calls file with each
// file, and each with the ends of its edges, unless they are nil.
func (s *Service) readWhole(ctx context.Context, g trackGraph, file func(catalog.StoredEdges) error, each func(file uuid.UUID, end graph.End)) (*whole, error) {
	w := &whole{place: make(map[uuid.UUID]int32)}
	type leading struct {
		from   int32
		to     uuid.UUID
		weight float64
	}
	var links []leading
	known := make(map[uuid.UUID]int) // places in links, for the current file
	for page, err := range s.graphPages(ctx, g) {
		if err != nil {
			return nil, err
		}
		for _, f := range page {
			from := int32(len(w.files))
			clear(known)
			if file != nil {
				if err := file(f); err != nil {
					return nil, err
				}
			}
			err := graph.EachEnd(f.Edges, func(e graph.End) {
				if each != nil {
					each(f.Document, e)
				}
				if e.To.Document == f.Document {
					return
				}
				at, ok := known[e.To.Document]
				if !ok {
					at = len(links)
					known[e.To.Document], links = at, append(links, leading{from: from, to: e.To.Document})
				}
				links[at].weight += e.Confidence
			})
			if err != nil {
				return nil, fmt.Errorf("edges of %s: %w", f.Path, err)
			}
			f.Edges = nil
			w.files, w.place[f.Document] = append(w.files, f), from
		}
		if len(w.files) > maxGraphFiles || len(links) > maxGraphEdges {
			reason := fmt.Sprintf("the graph has more than %d files or %d edges, too many to compare all", maxGraphFiles, maxGraphEdges)
			return nil, &Error{Kind: Refused, Field: FieldRepository, Reason: reason}
		}
	}
	for _, l := range links {
		if to, ok := w.place[l.to]; ok {
			w.edges = append(w.edges, network.Edge{From: l.from, To: to, Weight: l.weight})
		}
	}
	return w, nil
}

// graphPages reads the files of a graph by path. It reads the next page while one is used.
func (s *Service) graphPages(ctx context.Context, g trackGraph) iter.Seq2[[]catalog.StoredEdges, error] {
	type page struct {
		files []catalog.StoredEdges
		err   error
	}
	return func(yield func([]catalog.StoredEdges, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		pages := make(chan page)
		defer func() {
			cancel()
			for range pages { // until the reader has ended
			}
		}()
		go func() {
			defer close(pages)
			for after, last := "", false; !last; {
				files, err := s.stores.Catalog.Graphs.Files(ctx, g.track, after, networkPage)
				select {
				case pages <- page{files, err}:
				case <-ctx.Done():
					return
				}
				if last = err != nil || len(files) < networkPage; !last {
					after = files[len(files)-1].Path
				}
			}
		}()
		for p := range pages {
			if !yield(p.files, p.err) {
				return
			}
		}
	}
}
