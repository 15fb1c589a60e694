package catalog

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// DeclaringGraph is the graph of a track that declares modules for other repositories.
type DeclaringGraph struct {
	Track    uuid.UUID
	Commit   string // hex
	Revision int64
	Owed     bool
	Layout   json.RawMessage
	Modules  []string
}

// Declaring lists the graphs of tracks that declare one of some modules, by track.
func (g *Graphs) Declaring(ctx context.Context, tracks []uuid.UUID, modules []string, most int) ([]DeclaringGraph, error) {
	rows, err := g.query.GraphsDeclaring(ctx, tracks, orEmpty(modules), int32(most))
	if err != nil {
		return nil, fmt.Errorf("look for %d modules in graphs: %w", len(modules), err)
	}
	list := make([]DeclaringGraph, len(rows))
	for i, r := range rows {
		list[i] = DeclaringGraph{r.Track, hex.EncodeToString(r.Commit), r.Revision, r.Owed, r.Layout, r.Modules}
	}
	return list, nil
}

// ImportsOf lists the rows of kind 0 of files, by document and place. These are the imports
// of a file, under a name or whole.
func (g *Graphs) ImportsOf(ctx context.Context, documents []uuid.UUID, most int) ([]GraphSymbol, error) {
	rows, err := g.query.GraphImportRows(ctx, documents, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list imports of %d files: %w", len(documents), err)
	}
	list := make([]GraphSymbol, len(rows))
	for i, r := range rows {
		list[i] = GraphSymbol{Document: r.Document, Name: r.Name, Qualified: r.Qualified, Signature: r.Signature, Line: int(r.Line)}
	}
	return list, nil
}

// Modules are the names under which other repositories import what a track holds. There are
// none if the track has no graph.
func (g *Graphs) Modules(ctx context.Context, track uuid.UUID) ([]string, error) {
	names, err := g.query.GraphModules(ctx, track)
	if err != nil && !noRows(err) {
		return nil, fmt.Errorf("load modules of track %s: %w", track, err)
	}
	return names, nil
}

// ImportingFile is a file of one of several graphs, with its edges.
type ImportingFile struct {
	StoredEdges
	Track uuid.UUID
}

// Importing pages, by path and document, through the files of tracks that import modules of
// other tracks. It finds them by the hashes of the names that those tracks may declare, so
// chance may add a file.
func (g *Graphs) Importing(ctx context.Context, tracks []uuid.UUID, keys []int64, after *ImportingFile, most int) ([]ImportingFile, error) {
	p := query.GraphFilesImportingParams{Tracks: tracks, Keys: orEmpty(keys), Most: int32(most)}
	if after != nil {
		p.AfterPath, p.AfterDocument = after.Path, after.Document
	}
	rows, err := g.query.GraphFilesImporting(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("look for files that import modules: %w", err)
	}
	list := make([]ImportingFile, len(rows))
	for i, r := range rows {
		list[i] = ImportingFile{StoredEdges{r.Document, r.Path, r.Language, r.Package, r.Stale, r.Edges}, r.Track}
	}
	return list, nil
}
