package catalog

import (
	"context"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Graphs holds the graphs of tracks: the symbols of their files, and the edges
// between them.
type Graphs struct{ *store }

// OwedGraph is a track whose graph was not made from its current snapshot.
type OwedGraph struct {
	Track      uuid.UUID
	Tenant     string
	Repository uuid.UUID
	Revision   int64 // of the current snapshot
	Commit     string
	Made       int64 // the revision from which the graph was made; 0: none
}

// Owed lists tracks whose graphs are owed, in the order in which their snapshots were
// listed. A graph of an older version of the code is owed too. It looks at each
// track.
func (g *Graphs) Owed(ctx context.Context, version int64, most int) ([]OwedGraph, error) {
	rows, err := g.query.OwedGraphs(ctx, version, int32(most))
	if err != nil {
		return nil, fmt.Errorf("look for owed graphs: %w", err)
	}
	list := make([]OwedGraph, len(rows))
	for i, r := range rows {
		list[i] = owedGraph(r)
	}
	return list, nil
}

// LatelyOwed lists the same graphs as Owed, but only those that have come to be owed within
// age, and not for an index that was taken away or for a new version of the code. It looks at
// the tracks that changed, and no others.
func (g *Graphs) LatelyOwed(ctx context.Context, version int64, age time.Duration, most int) ([]OwedGraph, error) {
	rows, err := g.query.LatelyOwedGraphs(ctx, age.Seconds(), version, int32(most))
	if err != nil {
		return nil, fmt.Errorf("look for graphs that are owed lately: %w", err)
	}
	list := make([]OwedGraph, len(rows))
	for i, r := range rows {
		list[i] = owedGraph(query.OwedGraphsRow(r))
	}
	return list, nil
}

func owedGraph(r query.OwedGraphsRow) OwedGraph {
	return OwedGraph{r.Track, r.Tenant, r.Repository, r.Revision, hex.EncodeToString(r.Commit), r.Made}
}

// Graph is the state of a track's graph.
type Graph struct {
	Revision int64  // of the newest snapshot from which all of it was made; 0: none yet
	Commit   string // hex; "": none yet
	Version  int64
	Inputs   [32]byte
	Layout   []byte // JSON
	Changed  int64  // rises with each change
	Owed     bool   // it was found to differ from its facts
	Indexes  string // hashes of the indexes whose edges hold, as IndexKey gives them
}

// Graph loads the state of a track's graph. It returns ErrNotFound if there is none.
func (g *Graphs) Graph(ctx context.Context, track uuid.UUID) (Graph, error) {
	r, err := g.query.LoadGraph(ctx, track)
	if noRows(err) {
		return Graph{}, fmt.Errorf("graph of track %s: %w", track, ErrNotFound)
	}
	if err != nil {
		return Graph{}, fmt.Errorf("load graph of track %s: %w", track, err)
	}
	return Graph{r.Revision, hex.EncodeToString(r.Commit), r.Version, [32]byte(r.Inputs), r.Layout, r.Changed, r.Owed, r.Indexes}, nil
}

// GraphBegun holds what a graph is being made with.
type GraphBegun struct {
	Version int64 // of the code
	Inputs  [32]byte
	Layout  []byte   // JSON
	Modules []string // names under which other repositories import what the track holds
}

// Begin records what a graph is being made with. With anew, all its files are stale.
func (g *Graphs) Begin(ctx context.Context, track uuid.UUID, b GraphBegun, anew bool) error {
	err := g.inTx(ctx, func(q *query.Queries) error {
		if err := q.BeginGraph(ctx, query.BeginGraphParams{Track: track, Version: b.Version, Inputs: b.Inputs[:], Layout: b.Layout, Modules: orEmpty(b.Modules)}); err != nil {
			return err
		}
		if anew {
			return q.StaleAll(ctx, track)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("begin graph of track %s: %w", track, err)
	}
	return nil
}

// Drop deletes the graph of a track.
func (g *Graphs) Drop(ctx context.Context, track uuid.UUID) error {
	if err := g.query.DropGraph(ctx, track); err != nil {
		return fmt.Errorf("drop graph of track %s: %w", track, err)
	}
	return nil
}

// Finish records that the graph is made from a snapshot and from the indexes of a key. It
// does not if files of the graph are stale, or if newer code has begun it anew.
func (g *Graphs) Finish(ctx context.Context, o OwedGraph, version int64, indexes string) (bool, error) {
	commit, err := hex.DecodeString(o.Commit)
	if err != nil {
		return false, fmt.Errorf("finish graph of track %s: %w", o.Track, err)
	}
	n, err := g.query.FinishGraph(ctx, query.FinishGraphParams{Track: o.Track, Revision: o.Revision, Commit: commit, Version: version, Indexes: indexes})
	if err != nil {
		return false, fmt.Errorf("finish graph of track %s: %w", o.Track, err)
	}
	return n == 1, nil
}

// GraphSource is a document whose facts belong in a graph.
type GraphSource struct {
	Document uuid.UUID
	Path     string
	Content  ChunkingKey
	Known    bool // the graph has older facts of it
}

// Changes pages by document through the documents of a track whose facts are not
// in its graph.
func (g *Graphs) Changes(ctx context.Context, track, after uuid.UUID, languages []string, most int) ([]GraphSource, error) {
	rows, err := g.query.GraphChanges(ctx, query.GraphChangesParams{Track: track, After: after, Languages: languages, Most: int32(most)})
	if err != nil {
		return nil, fmt.Errorf("list changes of the graph of track %s: %w", track, err)
	}
	list := make([]GraphSource, len(rows))
	for i, r := range rows {
		list[i] = graphSource(r)
	}
	return list, nil
}

func graphSource(r query.GraphChangesRow) GraphSource {
	return GraphSource{r.ID, string(r.Path), ChunkingKey{[32]byte(r.Blob), r.Language}, r.Known}
}

// Gone lists files of a graph whose documents the track does not hold any more.
func (g *Graphs) Gone(ctx context.Context, track uuid.UUID, languages []string, most int) ([]uuid.UUID, error) {
	ids, err := g.query.GraphGone(ctx, track, languages, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list files gone from the graph of track %s: %w", track, err)
	}
	return ids, nil
}

// GraphMark says that what a document holds has changed, so that a graph has to look at it again.
type GraphMark struct{ ID, Document uuid.UUID }

// Marks lists marks of a track, in no order.
func (g *Graphs) Marks(ctx context.Context, track uuid.UUID, most int) ([]GraphMark, error) {
	rows, err := g.query.GraphMarks(ctx, track, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list marks for the graph of track %s: %w", track, err)
	}
	list := make([]GraphMark, len(rows))
	for i, r := range rows {
		list[i] = GraphMark(r)
	}
	return list, nil
}

// Compare compares documents of a track with its graph. It returns those whose facts are not in the
// graph, and those that the graph still has and the track does not.
func (g *Graphs) Compare(ctx context.Context, track uuid.UUID, documents []uuid.UUID, languages []string) (changed []GraphSource, gone []uuid.UUID, err error) {
	rows, err := g.query.GraphChangesOf(ctx, track, documents, languages)
	if err != nil {
		return nil, nil, fmt.Errorf("compare %d documents with the graph of track %s: %w", len(documents), track, err)
	}
	for _, r := range rows {
		changed = append(changed, graphSource(query.GraphChangesRow(r)))
	}
	if gone, err = g.query.GraphGoneOf(ctx, track, documents, languages); err != nil {
		return nil, nil, fmt.Errorf("look for %d documents gone from the graph of track %s: %w", len(documents), track, err)
	}
	return changed, gone, nil
}

// Unmark deletes marks.
func (g *Graphs) Unmark(ctx context.Context, marks []uuid.UUID) error {
	if err := g.query.DropGraphMarks(ctx, marks); err != nil {
		return fmt.Errorf("delete %d marks for graphs: %w", len(marks), err)
	}
	return nil
}

// Inputs lists the documents of a track in some languages whose path matches a
// regular expression of Postgres, by path.
func (g *Graphs) Inputs(ctx context.Context, track uuid.UUID, languages []string, pattern string, most int) ([]GraphSource, error) {
	rows, err := g.query.GraphInputs(ctx, query.GraphInputsParams{Track: track, Languages: languages, Pattern: pattern, Most: int32(most)})
	if err != nil {
		return nil, fmt.Errorf("list inputs of the graph of track %s: %w", track, err)
	}
	list := make([]GraphSource, len(rows))
	for i, r := range rows {
		list[i] = GraphSource{Path: string(r.Path), Content: ChunkingKey{Blob: [32]byte(r.Blob)}}
	}
	return list, nil
}

// GraphSymbol is a name that a file of a graph defines, or hands on (kind 0).
type GraphSymbol struct {
	Document           uuid.UUID
	Ordinal            int
	Name, Qualified    string
	Kind, Visibility   int
	StartLine, EndLine int
	Line               int
	Signature, Doc     string
	Type               string
	Bases              []string

	Path, Language, Package string // of its file
}

// GraphFile is a file of a graph, as it is written.
type GraphFile struct {
	GraphSource
	Package string
	Symbols []GraphSymbol
}

// PutFiles writes files of a graph with their symbols, and removes files that are gone.
// It marks the written files as stale, and so all files that looked up one of keys. It
// returns how many other files became stale.
func (g *Graphs) PutFiles(ctx context.Context, track uuid.UUID, files []GraphFile, gone []uuid.UUID, keys []int64) (stale int64, err error) {
	p := query.PutGraphFilesParams{Track: track}
	documents := append([]uuid.UUID{}, gone...)
	var rows []query.AddGraphSymbolsParams
	for _, f := range files {
		documents = append(documents, f.Document)
		p.Documents = append(p.Documents, f.Document)
		p.Paths = append(p.Paths, f.Path)
		p.Blobs = append(p.Blobs, f.Content.Blob[:])
		p.Languages = append(p.Languages, f.Content.Language)
		p.Packages = append(p.Packages, f.Package)
		for i, s := range f.Symbols {
			rows = append(rows, query.AddGraphSymbolsParams{
				Document: f.Document, Ordinal: int32(i), Track: track, Name: storable(s.Name), Qualified: storable(s.Qualified),
				Kind: int16(s.Kind), Visibility: int16(s.Visibility), StartLine: int32(s.StartLine), EndLine: int32(s.EndLine), Line: int32(s.Line),
				Signature: storable(s.Signature), Doc: storable(s.Doc), Type: storable(s.Type), Bases: orEmpty(s.Bases),
			})
		}
	}
	err = g.inTx(ctx, func(q *query.Queries) error {
		if err := q.DropGraphSymbols(ctx, documents); err != nil {
			return err
		}
		if err := q.DropGraphFiles(ctx, gone); err != nil {
			return err
		}
		if err := q.PutGraphFiles(ctx, p); err != nil {
			return err
		}
		if _, err := q.AddGraphSymbols(ctx, rows); err != nil {
			return err
		}
		if stale, err = q.StaleByKeys(ctx, track, orEmpty(keys)); err != nil {
			return err
		}
		return q.TouchGraph(ctx, track)
	})
	if err != nil {
		return 0, fmt.Errorf("put %d files into the graph of track %s: %w", len(files), track, err)
	}
	return stale, nil
}

// StaleFile is a file of a graph whose edges are to be resolved again.
type StaleFile struct {
	GraphSource
	Package string
}

// Stale lists stale files of a graph, by document.
func (g *Graphs) Stale(ctx context.Context, track uuid.UUID, most int) ([]StaleFile, error) {
	rows, err := g.query.StaleFiles(ctx, track, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list stale files of the graph of track %s: %w", track, err)
	}
	list := make([]StaleFile, len(rows))
	for i, r := range rows {
		list[i] = StaleFile{GraphSource{r.Document, r.Path, ChunkingKey{[32]byte(r.Blob), r.Language}, true}, r.Package}
	}
	return list, nil
}

// FileEdges are the edges of a file in encoded form, with the keys that its resolution
// looked up and the targets to which it leads.
type FileEdges struct {
	Document      uuid.UUID
	Edges         []byte
	Keys, Targets []int64
}

// PutEdges writes edges of a track's files, which are not stale any more.
func (g *Graphs) PutEdges(ctx context.Context, track uuid.UUID, files []FileEdges) error {
	var p query.PutEdgesParams
	for _, f := range files {
		p.Documents = append(p.Documents, f.Document)
		p.Edges = append(p.Edges, f.Edges)
		p.Keys = append(p.Keys, joined(f.Keys))
		p.Targets = append(p.Targets, joined(f.Targets))
	}
	err := g.inTx(ctx, func(q *query.Queries) error {
		if err := q.PutEdges(ctx, p); err != nil {
			return err
		}
		return q.TouchGraph(ctx, track)
	})
	if err != nil {
		return fmt.Errorf("put edges of %d files of track %s: %w", len(files), track, err)
	}
	return nil
}

func joined(numbers []int64) string {
	var out strings.Builder
	for i, n := range numbers {
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteString(strconv.FormatInt(n, 10))
	}
	return out.String()
}
