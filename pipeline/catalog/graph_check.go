package catalog

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// GraphState is the graph of a track that has a current snapshot.
type GraphState struct {
	Track      uuid.UUID
	Repository uuid.UUID
	Current    int64  // revision of the current snapshot
	Imported   string // IndexKey of the indexes of its commit
	Graph             // its revision is 0 if there is none; its commit is that of the snapshot
}

// Whole says whether the graph is complete: a version of the code made it from the current
// snapshot and its indexes, and nothing is known to be wrong with it.
func (s GraphState) Whole(version int64) bool {
	return s.Revision == s.Current && s.Version == version && !s.Owed && s.Indexes == s.Imported
}

// States pages by track through the graphs of repositories, or through all graphs if no
// repository is named.
func (g *Graphs) States(ctx context.Context, repositories []uuid.UUID, after uuid.UUID, most int) ([]GraphState, error) {
	if repositories == nil {
		repositories = []uuid.UUID{}
	}
	rows, err := g.query.GraphStates(ctx, after, repositories, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list states of graphs: %w", err)
	}
	list := make([]GraphState, len(rows))
	for i, r := range rows {
		list[i] = GraphState{Track: r.ID, Repository: r.Repository, Current: r.Current, Imported: r.Imported, Graph: Graph{
			Revision: r.Made, Commit: hex.EncodeToString(r.Commit), Version: r.Version, Layout: r.Layout, Changed: r.Changed, Owed: r.Owed, Indexes: r.Indexes,
		}}
		copy(list[i].Inputs[:], r.Inputs)
	}
	return list, nil
}

// GraphRow is a file of a graph, with all that was resolved of it.
type GraphRow struct {
	StaleFile
	FileEdges
	Stale bool
}

// Rows pages through the files of a graph, by path.
func (g *Graphs) Rows(ctx context.Context, track uuid.UUID, after string, most int) ([]GraphRow, error) {
	rows, err := g.query.GraphRows(ctx, track, after, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list rows of the graph of track %s: %w", track, err)
	}
	list := make([]GraphRow, len(rows))
	for i, r := range rows {
		list[i] = graphRow(r)
	}
	return list, nil
}

func graphRow(r query.GraphRowsRow) GraphRow {
	return GraphRow{
		StaleFile: StaleFile{GraphSource{r.Document, r.Path, ChunkingKey{[32]byte(r.Blob), r.Language}, true}, r.Package},
		FileEdges: FileEdges{r.Document, r.Edges, r.Keys, r.Targets},
		Stale:     r.Stale,
	}
}

// RowsOf loads files of a graph by their documents, by path.
func (g *Graphs) RowsOf(ctx context.Context, track uuid.UUID, documents []uuid.UUID) ([]GraphRow, error) {
	rows, err := g.query.GraphRowsOf(ctx, track, documents)
	if err != nil {
		return nil, fmt.Errorf("load %d rows of the graph of track %s: %w", len(documents), track, err)
	}
	list := make([]GraphRow, len(rows))
	for i, r := range rows {
		list[i] = graphRow(query.GraphRowsRow(r))
	}
	return list, nil
}

// Owe makes a graph owed. It removes the wrong files, and has the files that looked up one of
// keys resolved again, and the other unresolved ones too.
func (g *Graphs) Owe(ctx context.Context, track uuid.UUID, wrong, unresolved []uuid.UUID, keys []int64) error {
	err := g.inTx(ctx, func(q *query.Queries) error {
		if err := q.DropGraphFiles(ctx, wrong); err != nil {
			return err
		}
		if err := q.StaleGraphFiles(ctx, track, unresolved); err != nil {
			return err
		}
		if _, err := q.StaleByKeys(ctx, track, orEmpty(keys)); err != nil {
			return err
		}
		return q.OweGraph(ctx, track)
	})
	if err != nil {
		return fmt.Errorf("make the graph of track %s owed: %w", track, err)
	}
	return nil
}
