package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/fact"
)

// counts counts the files of a comparison of a graph with the facts.
type counts struct {
	files   int64 // compared files
	wrong   int64 // files that differ from their facts, are missing, or are left over
	unknown int64 // files that cannot be judged, because their facts are not stored
}

// difference is the part of a track's graph that differs from the facts.
type difference struct {
	symbols []uuid.UUID // files whose symbols differ, or whose documents have gone or changed
	edges   []uuid.UUID // files whose edges differ
	names   []string    // the names of the symbols in the files of symbols
	exact   bool        // the graph has exact edges that no index gives
	unknown []catalog.GraphSource
}

func (w *difference) any() bool { return w.exact || len(w.symbols)+len(w.edges) > 0 }

// Check compares the graphs of repositories with the facts of their files. If no repository is named, it compares all
// graphs. It counts the files that it compared, the files that differ, and the files that cannot be judged because
// their facts are not stored. It calls found with each file that differs. Check only reads. It leaves out a graph that
// is owed or that changes meanwhile, because the step will make it.
func (s *Step) Check(ctx context.Context, repositories []uuid.UUID, found func(kind, what string)) (files, wrong, unknown int64, err error) {
	err = eachState(ctx, s.graphs, repositories, func(state catalog.GraphState) error {
		if !state.Whole(CodeVersion()) {
			return nil
		}
		var list [][2]string
		one, _, err := s.check(ctx, state, func(kind, what string) { list = append(list, [2]string{kind, what}) })
		if err != nil {
			return fmt.Errorf("check graph of track %s: %w", state.Track, err)
		}
		now, err := s.graphs.Graph(ctx, state.Track)
		if err != nil || now.Changed != state.Changed || now.Revision != state.Revision {
			return nil // it was changed or forgotten meanwhile
		}
		files += one.files
		wrong += one.wrong
		unknown += one.unknown
		for _, l := range list {
			found(l[0], l[1])
		}
		return nil
	})
	return files, wrong, unknown, err
}

// Repair compares as Check does, and marks the graphs that differ as owed. If the step can cut, it also finds again the
// facts that are not stored. It returns the number of files that differed.
func (s *Step) Repair(ctx context.Context, repositories []uuid.UUID) (files int64, err error) {
	err = eachState(ctx, s.graphs, repositories, func(state catalog.GraphState) error {
		_, err := s.locks.Try(ctx, lockOf(state.Track), func(ctx context.Context) error {
			now, err := s.graphs.Graph(ctx, state.Track)
			if err != nil || now.Changed != state.Changed || !state.Whole(CodeVersion()) {
				return nil // it is made anew anyway
			}
			one, differs, err := s.check(ctx, state, func(string, string) {})
			if err != nil {
				return err
			}
			files += one.wrong
			if s.cutter != nil && len(differs.unknown) > 0 {
				if err := s.findAgain(ctx, differs.unknown); err != nil {
					return err
				}
			}
			if !differs.any() {
				return nil
			}
			keys := make([]int64, len(differs.names))
			for i, name := range differs.names {
				keys[i] = nameKey(state.Track, name)
			}
			return s.graphs.Owe(ctx, state.Track, differs.symbols, differs.edges, keys)
		})
		if err != nil {
			return fmt.Errorf("repair graph of track %s: %w", state.Track, err)
		}
		return nil
	})
	return files, err
}

// findAgain finds and stores the facts of sources, some at a time.
func (s *Step) findAgain(ctx context.Context, sources []catalog.GraphSource) error {
	for part := range slices.Chunk(sources, s.cfg.Files) {
		if _, err := s.find(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// check compares the graph of a track with its documents, with their facts, and with the definitions to which the facts
// resolve.
func (s *Step) check(ctx context.Context, state catalog.GraphState, found func(kind, what string)) (c counts, w difference, err error) {
	layout := &Layout{}
	if err := json.Unmarshal(state.Layout, layout); err != nil {
		return c, w, fmt.Errorf("decode layout: %w", err)
	}
	if err := s.checkDocuments(ctx, state.Track, &c, &w, found); err != nil {
		return c, w, err
	}
	r := &resolver{layout: layout, index: newIndex(ctx, s.graphs, state.Track)}
	err = eachRow(ctx, s.graphs, state.Track, s.cfg.Files, func(page []catalog.GraphRow) error {
		c.files += int64(len(page))
		page = slices.DeleteFunc(page, func(row catalog.GraphRow) bool { return slices.Contains(w.symbols, row.StaleFile.Document) })
		return s.checkRows(ctx, r, page, &c, &w, found)
	})
	if err == nil && state.Indexes != "" && !w.any() {
		err = s.checkExact(ctx, state, layout, &c, &w, found)
	}
	return c, w, err
}

// checkExact compares the exact edges of a graph with those that its indexes give. The caller leaves it out for a graph
// that differs from its facts, because that graph is made anew anyway.
func (s *Step) checkExact(ctx context.Context, state catalog.GraphState, layout *Layout, c *counts, w *difference, found func(kind, what string)) error {
	indexes, err := s.graphs.IndexesOf(ctx, state.Repository, state.Commit)
	if err != nil {
		return err
	}
	var right int64
	err = s.exactRows(ctx, state.Track, layout, indexes, func(rows []catalog.GraphRow, want []catalog.FileEdges) error {
		documents := make([]uuid.UUID, len(want))
		paths := make(map[uuid.UUID]string)
		for i, is := range want {
			documents[i] = is.Document
		}
		for _, row := range rows {
			paths[row.StaleFile.Document] = row.Path
		}
		have, err := s.graphs.ExactOf(ctx, state.Track, documents)
		if err != nil {
			return err
		}
		for _, is := range want {
			has, ok := have[is.Document]
			if !ok || !bytes.Equal(has.Edges, is.Edges) || !slices.Equal(has.Targets, is.Targets) {
				c.wrong++
				w.edges = append(w.edges, is.Document)
				found("wrong_graph_file", paths[is.Document]+": its exact edges are not those of its index")
				continue
			}
			right++
		}
		return nil
	}, func(context.Context, uuid.UUID, int64, int64) error { return nil })
	if err != nil || w.any() {
		return err
	}
	if have, err := s.graphs.CountExact(ctx, state.Track); err != nil || have == right || c.unknown > 0 {
		return err
	}
	c.wrong++
	w.exact = true
	found("wrong_graph_file", fmt.Sprintf("track %s: it has exact edges that no index gives", state.Track))
	return nil
}

// checkDocuments looks for documents that the graph lacks or describes wrongly, and for files of the graph that have no
// document.
func (s *Step) checkDocuments(ctx context.Context, track uuid.UUID, c *counts, w *difference, found func(kind, what string)) error {
	for after := uuid.Nil; ; {
		page, err := s.graphs.Changes(ctx, track, after, s.languages, s.cfg.Files)
		if err != nil {
			return err
		}
		for _, p := range page {
			c.wrong++
			w.symbols, after = append(w.symbols, p.Document), p.Document
			found("wrong_graph_file", fmt.Sprintf("%s: its facts are not in the graph", p.Path))
		}
		if len(page) < s.cfg.Files {
			break
		}
	}
	gone, err := s.graphs.Gone(ctx, track, s.languages, maxGone)
	for _, id := range gone {
		c.wrong++
		w.symbols = append(w.symbols, id)
		found("wrong_graph_file", fmt.Sprintf("document %s: it has gone, and the graph still has it", id))
	}
	if err == nil && len(w.symbols) > 0 {
		w.names, err = s.namesOf(ctx, w.symbols)
	}
	return err
}

// maxGone bounds the files without documents that one check lists.
const maxGone = 10_000

func (s *Step) namesOf(ctx context.Context, documents []uuid.UUID) (names []string, err error) {
	for part := range slices.Chunk(documents, rowPage) {
		of, err := symbolsOf(ctx, s.graphs, part)
		if err != nil {
			return nil, err
		}
		for _, id := range part {
			for _, one := range of[id] {
				names = append(names, one.Name)
			}
		}
	}
	return names, nil
}

func (s *Step) checkRows(ctx context.Context, r *resolver, page []catalog.GraphRow, c *counts, w *difference, found func(kind, what string)) error {
	sources := make([]catalog.GraphSource, len(page))
	for i, row := range page {
		sources[i] = row.GraphSource
	}
	sets, missing, err := s.stored(ctx, sources)
	if err != nil {
		return err
	}
	c.unknown += int64(len(missing))
	w.unknown = append(w.unknown, missing...)
	symbols, err := symbolsOfRows(ctx, s.graphs, page)
	if err != nil {
		return err
	}
	var files []catalog.StaleFile
	var rows []catalog.GraphRow
	var facts []*fact.Set
	for i, row := range page {
		switch set := sets[i]; {
		case set == nil:
		case row.Package != set.Package || !bytes.Equal(written(symbols[row.StaleFile.Document]), written(Symbols(row.Path, row.Content.Language, set))):
			c.wrong++
			w.symbols = append(w.symbols, row.StaleFile.Document)
			for _, one := range symbols[row.StaleFile.Document] {
				w.names = append(w.names, one.Name)
			}
			found("wrong_graph_file", row.Path+": its symbols are not those of its facts")
		default:
			files, rows, facts = append(files, row.StaleFile), append(rows, row), append(facts, set)
		}
	}
	r.keys = make(map[string]bool)
	for i, is := range r.page(files, facts) {
		row := rows[i]
		if r.err == nil && (row.Stale || !bytes.Equal(row.Edges, is.Edges) || !slices.Equal(row.Keys, is.Keys) || !slices.Equal(row.Targets, is.Targets)) {
			c.wrong++
			w.edges = append(w.edges, row.StaleFile.Document)
			found("wrong_graph_file", row.Path+": its edges are not what its references resolve to")
		}
	}
	r.forget()
	return r.err
}
