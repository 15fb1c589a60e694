package graph

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
)

// changes writes the symbols of files whose facts changed. It marks the files as stale that have looked up one of these
// symbols' names. If the graph was whole, only documents can differ that have left a mark since.
func (s *Step) changes(ctx context.Context, track uuid.UUID, whole bool) (files int, err error) {
	if whole {
		if files, err = s.compareAll(ctx, track); err != nil {
			return files, err
		}
	}
	for {
		marks, err := s.graphs.Marks(ctx, track, s.cfg.Files)
		if err != nil || len(marks) == 0 {
			return files, err
		}
		ids, documents := make([]uuid.UUID, len(marks)), make([]uuid.UUID, len(marks))
		for i, m := range marks {
			ids[i], documents[i] = m.ID, m.Document
		}
		changed, gone, err := s.graphs.Compare(ctx, track, documents, s.languages)
		if err != nil {
			return files, err
		}
		if len(changed)+len(gone) > 0 {
			if err := s.put(ctx, track, changed, gone); err != nil {
				return files, err
			}
			files += len(changed) + len(gone)
		}
		if err := s.graphs.Unmark(ctx, ids); err != nil {
			return files, err
		}
	}
}

// compareAll compares all documents of a track with its graph.
func (s *Step) compareAll(ctx context.Context, track uuid.UUID) (files int, err error) {
	for {
		gone, err := s.graphs.Gone(ctx, track, s.languages, s.cfg.Files)
		if err != nil {
			return files, err
		}
		if len(gone) == 0 {
			break
		}
		if err := s.put(ctx, track, nil, gone); err != nil {
			return files, err
		}
		files += len(gone)
	}
	for after := uuid.Nil; ; {
		page, err := s.graphs.Changes(ctx, track, after, s.languages, s.cfg.Files)
		if err != nil || len(page) == 0 {
			return files, err
		}
		after = page[len(page)-1].Document
		if err := s.put(ctx, track, page, nil); err != nil {
			return files, err
		}
		files += len(page)
	}
}

func (s *Step) put(ctx context.Context, track uuid.UUID, page []catalog.GraphSource, gone []uuid.UUID) error {
	sets, err := s.facts(ctx, page)
	if err != nil {
		return err
	}
	documents := slices.Clone(gone)
	for _, p := range page {
		if p.Known {
			documents = append(documents, p.Document)
		}
	}
	old, err := symbolsOf(ctx, s.graphs, documents)
	if err != nil {
		return err
	}
	files := make([]catalog.GraphFile, len(page))
	names := make(map[string]bool)
	for i, p := range page {
		files[i] = catalog.GraphFile{GraphSource: p, Package: sets[i].Package, Symbols: Symbols(p.Path, p.Content.Language, sets[i])}
		differing(old[p.Document], files[i], names)
	}
	for _, id := range gone {
		differing(old[id], catalog.GraphFile{}, names)
	}
	keys := make([]int64, 0, len(names))
	for name := range names {
		keys = append(keys, nameKey(track, name))
	}
	slices.Sort(keys)
	_, err = s.graphs.PutFiles(ctx, track, files, gone, keys)
	return err
}

// differing adds the names whose symbols differ before and after a change of a file. Differences that no resolution
// sees do not count.
func differing(old []symbol, file catalog.GraphFile, names map[string]bool) {
	before, after := make(map[string]string), make(map[string]string)
	add := func(all map[string]string, s symbol, pack string) {
		all[s.Name] += fmt.Sprintf("%q %d %d %q %q %q", s.Qualified, s.Kind, s.Visibility, s.Type, strings.Join(s.Bases, ","), pack)
		if s.Kind == 0 {
			all[s.Name] += s.Signature
		}
		all[s.Name] += "\n"
	}
	for _, s := range old {
		add(before, s, s.Language+" "+s.Package)
	}
	for _, s := range file.Symbols {
		add(after, s, file.Content.Language+" "+file.Package)
	}
	for name, was := range before {
		if after[name] != was {
			names[name] = true
		}
	}
	for name, is := range after {
		if before[name] != is {
			names[name] = true
		}
	}
}
