package catalog

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// ErrTooManyIndexes says that a commit has as many indexes as it may have.
var ErrTooManyIndexes = errors.New("too many indexes of one commit")

// GraphIndex is an index of a commit, which an indexer made.
type GraphIndex struct {
	Repository  uuid.UUID
	Commit      string // hex
	Name        string // tells it from others of the commit
	Tool        string // name and version of the indexer
	Hash        [32]byte
	Documents   int
	Occurrences int64
	LeftOut     int64
	Placed      *int64 // references whose meaning it gives; nil: not looked at yet
	Strange     *int64 // occurrences that are not where the text has a name
	ImportedAt  time.Time
	Holds       bool // its edges hold in the graph of a track
}

// GraphIndexFile is a document of an index, in the form that package scip gives it.
type GraphIndexFile struct {
	Path string
	Form []byte
}

// graphIndexID returns the id of the index of a name.
func graphIndexID(repository uuid.UUID, commit, name string) uuid.UUID {
	return uuid.NewSHA1(repository, []byte(commit+" "+name))
}

// PutIndex stores an index of a tenant's repository in place of an earlier one of the same
// commit and name. A commit has at most perCommit indexes. Of the indexes of commits without
// a track, the repository keeps the newest. It returns ErrNotFound if the repository was
// forgotten.
func (g *Graphs) PutIndex(ctx context.Context, tenant string, i GraphIndex, files []GraphIndexFile, perCommit, most int) error {
	commit, err := hex.DecodeString(i.Commit)
	if err != nil {
		return fmt.Errorf("put index %s: %w", i.Name, err)
	}
	id := graphIndexID(i.Repository, i.Commit, i.Name)
	rows := make([]query.AddGraphIndexFilesParams, len(files))
	for n, f := range files {
		rows[n] = query.AddGraphIndexFilesParams{Index: id, Path: f.Path, Form: f.Form}
	}
	err = g.inTx(ctx, func(q *query.Queries) error {
		n, err := q.PutGraphIndex(ctx, query.PutGraphIndexParams{
			ID: id, Commit: commit, Name: i.Name, Tool: i.Tool, Hash: i.Hash[:], Documents: int32(i.Documents), Occurrences: i.Occurrences, LeftOut: i.LeftOut,
			Repository: i.Repository, Tenant: tenant,
		})
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrNotFound
		}
		others, err := q.CountOtherIndexes(ctx, i.Repository, commit, i.Name)
		if err != nil {
			return err
		}
		if others >= int64(perCommit) {
			return ErrTooManyIndexes
		}
		if err := q.DropGraphIndexFiles(ctx, id); err != nil {
			return err
		}
		if _, err := q.AddGraphIndexFiles(ctx, rows); err != nil {
			return err
		}
		return q.TrimGraphIndexes(ctx, i.Repository, int32(most))
	})
	if err != nil {
		return fmt.Errorf("put index %s of commit %s: %w", i.Name, i.Commit, err)
	}
	return nil
}

// DropIndex deletes an index, and owes the graphs that contain its edges. It returns ErrNotFound
// if there is none.
func (g *Graphs) DropIndex(ctx context.Context, tenant string, repository uuid.UUID, commit, name string) error {
	decoded, err := hex.DecodeString(commit)
	if err != nil {
		return fmt.Errorf("drop index %s: %w", name, err)
	}
	err = g.inTx(ctx, func(q *query.Queries) error {
		n, err := q.DropGraphIndex(ctx, query.DropGraphIndexParams{Tenant: tenant, Repository: repository, Commit: decoded, Name: name})
		if err == nil && n == 0 {
			err = ErrNotFound
		}
		if err != nil {
			return err
		}
		return q.OweGraphsAt(ctx, repository, decoded)
	})
	if err != nil {
		return fmt.Errorf("drop index %s of commit %s: %w", name, commit, err)
	}
	return nil
}

// Indexes lists the indexes of a repository, the newest first.
func (g *Graphs) Indexes(ctx context.Context, repository uuid.UUID, most int) ([]GraphIndex, error) {
	rows, err := g.query.GraphIndexes(ctx, repository, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list indexes of repository %s: %w", repository, err)
	}
	list := make([]GraphIndex, len(rows))
	for i, r := range rows {
		list[i] = GraphIndex{
			Repository: repository, Commit: hex.EncodeToString(r.Commit), Name: r.Name, Tool: r.Tool, Documents: int(r.Documents), Occurrences: r.Occurrences,
			LeftOut: r.LeftOut, Placed: r.Placed, Strange: r.Strange, ImportedAt: r.ImportedAt, Holds: r.Holds,
		}
	}
	return list, nil
}

// CommitIndex is one of the indexes of a commit.
type CommitIndex struct {
	ID   uuid.UUID
	Hash [32]byte
}

// IndexKey names the content of indexes: equal indexes have equal keys.
func IndexKey(indexes []CommitIndex) string {
	hashes := make([]string, len(indexes))
	for i, one := range indexes {
		hashes[i] = hex.EncodeToString(one.Hash[:])
	}
	return strings.Join(hashes, " ")
}

// IndexesOf lists the indexes of a commit, by name.
func (g *Graphs) IndexesOf(ctx context.Context, repository uuid.UUID, commit string) ([]CommitIndex, error) {
	decoded, err := hex.DecodeString(commit)
	if err != nil {
		return nil, fmt.Errorf("list indexes of commit %q: %w", commit, err)
	}
	rows, err := g.query.GraphIndexesOf(ctx, repository, decoded)
	if err != nil {
		return nil, fmt.Errorf("list indexes of commit %s: %w", commit, err)
	}
	list := make([]CommitIndex, len(rows))
	for i, r := range rows {
		list[i] = CommitIndex{r.ID, [32]byte(r.Hash)}
	}
	return list, nil
}

// IndexFiles pages through the documents of an index, by path.
func (g *Graphs) IndexFiles(ctx context.Context, index uuid.UUID, after string, most int) ([]GraphIndexFile, error) {
	rows, err := g.query.GraphIndexFiles(ctx, index, after, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list documents of index %s: %w", index, err)
	}
	list := make([]GraphIndexFile, len(rows))
	for i, r := range rows {
		list[i] = GraphIndexFile(r)
	}
	return list, nil
}

// Placed records for how many references an index gives the meaning, and how many of its
// occurrences are where the text has no name.
func (g *Graphs) Placed(ctx context.Context, index uuid.UUID, placed, strange int64) error {
	if err := g.query.PlacedGraphIndex(ctx, &placed, &strange, index); err != nil {
		return fmt.Errorf("record what index %s says: %w", index, err)
	}
	return nil
}

// DropExact deletes the exact edges of a track's graph, so that the graph's own edges hold
// again.
func (g *Graphs) DropExact(ctx context.Context, track uuid.UUID) error {
	err := g.inTx(ctx, func(q *query.Queries) error {
		if err := q.DropExact(ctx, track); err != nil {
			return err
		}
		return q.UnindexGraph(ctx, track)
	})
	if err != nil {
		return fmt.Errorf("drop exact edges of track %s: %w", track, err)
	}
	return nil
}

// PutExact writes exact edges of a track's files, without the keys of look-ups. The graph is owed
// from then on until it is finished: if that never happens, because the process dies and the index
// is dropped, nothing else would tell that these edges have to go.
func (g *Graphs) PutExact(ctx context.Context, track uuid.UUID, files []FileEdges) error {
	p := query.PutExactParams{Track: track}
	for _, f := range files {
		p.Documents = append(p.Documents, f.Document)
		p.Edges = append(p.Edges, f.Edges)
		p.Targets = append(p.Targets, joined(f.Targets))
	}
	err := g.inTx(ctx, func(q *query.Queries) error {
		if err := q.PutExact(ctx, p); err != nil {
			return err
		}
		return q.OweGraph(ctx, track)
	})
	if err != nil {
		return fmt.Errorf("put exact edges of %d files of track %s: %w", len(files), track, err)
	}
	return nil
}

// ExactOf loads the exact edges of files, by document. Files without any are absent.
func (g *Graphs) ExactOf(ctx context.Context, track uuid.UUID, documents []uuid.UUID) (map[uuid.UUID]FileEdges, error) {
	rows, err := g.query.ExactOf(ctx, documents, track)
	if err != nil {
		return nil, fmt.Errorf("load exact edges of %d files of track %s: %w", len(documents), track, err)
	}
	of := make(map[uuid.UUID]FileEdges, len(rows))
	for _, r := range rows {
		of[r.Document] = FileEdges{Document: r.Document, Edges: r.Edges, Targets: r.Targets}
	}
	return of, nil
}

// CountExact counts the files of a track's graph that have exact edges.
func (g *Graphs) CountExact(ctx context.Context, track uuid.UUID) (int64, error) {
	n, err := g.query.CountExact(ctx, track)
	if err != nil {
		return 0, fmt.Errorf("count exact edges of track %s: %w", track, err)
	}
	return n, nil
}
