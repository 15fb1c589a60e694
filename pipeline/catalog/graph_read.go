package catalog

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

func symbolOf(r query.SymbolsNamedRow) GraphSymbol {
	return GraphSymbol{
		Document: r.Document, Ordinal: int(r.Ordinal), Name: r.Name, Qualified: r.Qualified, Kind: int(r.Kind), Visibility: int(r.Visibility),
		StartLine: int(r.StartLine), EndLine: int(r.EndLine), Line: int(r.Line), Signature: r.Signature, Doc: r.Doc, Type: r.Type, Bases: r.Bases,
		Path: r.Path, Language: r.Language, Package: r.Package,
	}
}

// Named lists the symbols of a graph that have one of the names, each name's by path and place
// and at most mostOfEach of them. It includes symbols of kind 0.
func (g *Graphs) Named(ctx context.Context, track uuid.UUID, names []string, mostOfEach int) ([]GraphSymbol, error) {
	rows, err := g.query.SymbolsNamed(ctx, names, track, int32(mostOfEach))
	if err != nil {
		return nil, fmt.Errorf("look up %d names in the graph of track %s: %w", len(names), track, err)
	}
	list := make([]GraphSymbol, len(rows))
	for i, r := range rows {
		list[i] = symbolOf(r)
	}
	return list, nil
}

// SymbolsOf lists the symbols of documents, by document and place.
func (g *Graphs) SymbolsOf(ctx context.Context, documents []uuid.UUID, most int) ([]GraphSymbol, error) {
	rows, err := g.query.SymbolsOfDocuments(ctx, documents, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list symbols of %d documents: %w", len(documents), err)
	}
	list := make([]GraphSymbol, len(rows))
	for i, r := range rows {
		list[i] = symbolOf(query.SymbolsNamedRow(r))
	}
	return list, nil
}

// SymbolQuery asks for symbols by the beginning of their name.
type SymbolQuery struct {
	Track  uuid.UUID
	Name   string // in any case
	Prefix bool   // symbols may have longer names
	Kinds  []int  // empty: any
	After  *GraphSymbol
	Most   int
}

// Find lists symbols by name in lower case, path and place.
func (g *Graphs) Find(ctx context.Context, s SymbolQuery) ([]GraphSymbol, error) {
	pattern := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(lowerASCII(s.Name))
	if s.Prefix {
		pattern += "%"
	}
	p := query.FindSymbolsParams{Track: s.Track, Pattern: pattern, Kinds: []int16{}, Most: int32(s.Most)}
	for _, k := range s.Kinds {
		p.Kinds = append(p.Kinds, int16(k))
	}
	if s.After != nil {
		p.AfterName, p.AfterPath, p.AfterOrdinal = lowerASCII(s.After.Name), s.After.Path, int32(s.After.Ordinal)
	}
	rows, err := g.query.FindSymbols(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("look for symbols in the graph of track %s: %w", s.Track, err)
	}
	list := make([]GraphSymbol, len(rows))
	for i, r := range rows {
		list[i] = symbolOf(query.SymbolsNamedRow(r))
	}
	return list, nil
}

// lowerASCII does what lower() does to a column whose collation is C.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// StoredEdges is a file of a graph with its edges.
type StoredEdges struct {
	Document                uuid.UUID
	Path, Language, Package string
	Stale                   bool // its edges come from older facts, its own or those of other files
	Edges                   []byte
}

// Files pages through the files of a graph, by path.
func (g *Graphs) Files(ctx context.Context, track uuid.UUID, after string, most int) ([]StoredEdges, error) {
	rows, err := g.query.FilesOfGraph(ctx, track, after, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list files of the graph of track %s: %w", track, err)
	}
	list := make([]StoredEdges, len(rows))
	for i, r := range rows {
		list[i] = StoredEdges(r)
	}
	return list, nil
}

// FilesOf loads files of a graph by their documents, in no order.
func (g *Graphs) FilesOf(ctx context.Context, track uuid.UUID, documents []uuid.UUID) ([]StoredEdges, error) {
	rows, err := g.query.GraphFilesOf(ctx, documents, track)
	if err != nil {
		return nil, fmt.Errorf("load %d files of the graph of track %s: %w", len(documents), track, err)
	}
	list := make([]StoredEdges, len(rows))
	for i, r := range rows {
		list[i] = StoredEdges(r)
	}
	return list, nil
}

// LeadingTo lists by path the files of a graph with edges to one of the targets. It finds them by
// the hashes of the targets, so chance may add a file.
func (g *Graphs) LeadingTo(ctx context.Context, track uuid.UUID, targets []int64, most int) ([]uuid.UUID, error) {
	rows, err := g.query.FilesLeadingTo(ctx, int32(most), track, targets)
	if err != nil {
		return nil, fmt.Errorf("look for edges in the graph of track %s: %w", track, err)
	}
	list := make([]uuid.UUID, len(rows))
	for i, r := range rows {
		list[i] = r.Document
	}
	return list, nil
}

// AroundQuery asks for the edges of documents, and for those that lead to targets.
type AroundQuery struct {
	Tracks    []uuid.UUID // of both
	Documents []uuid.UUID
	Targets   []int64 // by their hashes
	Most      int
}

// AroundFile is a file of a graph with its edges, and the commit of the graph.
type AroundFile struct {
	StoredEdges
	Commit string // hex
}

// Around lists the files of graphs of some documents, and then the files with edges to one of
// the targets, by path. It finds those by the hashes of the targets, so chance may add a file.
func (g *Graphs) Around(ctx context.Context, q AroundQuery) ([]AroundFile, error) {
	rows, err := g.query.GraphFilesAround(ctx, query.GraphFilesAroundParams{
		Tracks: q.Tracks, Documents: q.Documents, Targets: orEmpty(q.Targets), Most: int32(q.Most),
	})
	if err != nil {
		return nil, fmt.Errorf("look for edges of %d documents in graphs: %w", len(q.Documents), err)
	}
	list := make([]AroundFile, len(rows))
	for i, r := range rows {
		list[i] = AroundFile{StoredEdges{r.Document, r.Path, r.Language, r.Package, r.Stale, r.Edges}, hex.EncodeToString(r.Commit)}
	}
	return list, nil
}

// Paths returns the paths of files of graphs, as far as the files exist.
func (g *Graphs) Paths(ctx context.Context, documents []uuid.UUID) (map[uuid.UUID]string, error) {
	rows, err := g.query.GraphPaths(ctx, documents)
	if err != nil {
		return nil, fmt.Errorf("list paths of %d files of graphs: %w", len(documents), err)
	}
	paths := make(map[uuid.UUID]string, len(rows))
	for _, r := range rows {
		paths[r.Document] = r.Path
	}
	return paths, nil
}

// KeptAnswer loads an answer about a whole graph that was kept in the state changed of the
// graph. It returns ErrNotFound if there is none.
func (g *Graphs) KeptAnswer(ctx context.Context, track uuid.UUID, question string, changed int64) (json.RawMessage, error) {
	answer, err := g.query.KeptGraphAnswer(ctx, track, question, changed)
	if noRows(err) {
		return nil, fmt.Errorf("answer to %s of the graph of track %s: %w", question, track, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("load answer to %s of the graph of track %s: %w", question, track, err)
	}
	return answer, nil
}

// KeepAnswer keeps an answer in JSON, unless one of a newer state of the graph is kept.
func (g *Graphs) KeepAnswer(ctx context.Context, track uuid.UUID, question string, changed int64, answer json.RawMessage) error {
	err := g.query.KeepGraphAnswer(ctx, query.KeepGraphAnswerParams{Track: track, Question: question, Changed: changed, Answer: answer})
	if err != nil {
		return fmt.Errorf("keep answer to %s of the graph of track %s: %w", question, track, err)
	}
	return nil
}

// ChangedWith lists the documents of a track whose last change came with the same snapshot as
// the last change of one of them, by path. There are none if that is the oldest snapshot of
// which the track holds documents.
func (g *Graphs) ChangedWith(ctx context.Context, track, document uuid.UUID, most int) ([]string, error) {
	rows, err := g.query.ChangedWith(ctx, track, document, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list what changed with document %s: %w", document, err)
	}
	paths := make([]string, len(rows))
	for i, r := range rows {
		paths[i] = string(r)
	}
	return paths, nil
}
