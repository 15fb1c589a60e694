package catalog

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Lineages lead from a document to its chunks and vectors.
type Lineages struct{ *store }

// Lineage says where a document's content comes from: the event that asked for it, the
// commit that brought it, and the blob.
type Lineage struct {
	Revision        int64 // of the snapshot that brought the content
	State           DocumentState
	Lane            events.Lane
	IndexedRevision int64 // of its points; 0: it has none
	Error           string
	Commit          string // hex; of the snapshot
	BegunAt         time.Time
	ListedAt        *time.Time
	IndexedAt       *time.Time
	Blob            [32]byte
	Language        string
	Chunker         int
	Chunks          int
	Size            int
	Pack            string // key of the object that holds the blob; "": it is empty
	Source, Event   string // of the first submission that led to the snapshot; "": it is forgotten
	SubmittedAt     time.Time
}

// Of loads a document's lineage. It returns ErrNotFound if there is no such document.
func (ls *Lineages) Of(ctx context.Context, document uuid.UUID) (Lineage, error) {
	r, err := ls.query.LoadLineage(ctx, document)
	if noRows(err) {
		return Lineage{}, fmt.Errorf("document %s: %w", document, ErrNotFound)
	}
	if err != nil {
		return Lineage{}, fmt.Errorf("load the lineage of document %s: %w", document, err)
	}
	l := Lineage{
		Revision: r.Revision, State: DocumentState(r.State), Lane: events.Lane(r.Lane), IndexedRevision: r.IndexedRevision, Error: r.Error,
		Commit: hex.EncodeToString(r.Commit), BegunAt: r.CreatedAt, ListedAt: r.ListedAt, IndexedAt: r.IndexedAt, Language: r.Language,
		Chunker: int(r.Chunker), Chunks: int(r.Chunks), Size: int(r.Size), Pack: r.Pack, Source: r.Source, Event: r.Event, SubmittedAt: r.SubmittedAt,
	}
	copy(l.Blob[:], r.Blob)
	return l, nil
}

// LineageChunk is a chunk of a document, and where its vector is.
type LineageChunk struct {
	Ordinal            int
	StartLine, EndLine int // from 1, both included
	StartByte, EndByte int
	Kind, Symbol       string
	Text               [32]byte // SHA-256
	Embedded           bool     // its text has a vector of the embedder
	Pack               string   // key of the object that holds the vector
}

// Chunks lists chunks of a document after one of them, -1 being before the first,
// with their vectors of an embedder.
func (ls *Lineages) Chunks(ctx context.Context, document uuid.UUID, embedder int32, after, most int) ([]LineageChunk, error) {
	rows, err := ls.query.ListLineageChunks(ctx, query.ListLineageChunksParams{ID: document, Embedder: embedder, After: int32(after), Most: int32(most)})
	if err != nil {
		return nil, fmt.Errorf("list chunks of document %s: %w", document, err)
	}
	list := make([]LineageChunk, len(rows))
	for i, r := range rows {
		list[i] = LineageChunk{
			Ordinal: int(r.Ordinal), StartLine: int(r.StartLine), EndLine: int(r.EndLine), StartByte: int(r.StartByte), EndByte: int(r.EndByte),
			Kind: r.Kind, Symbol: r.Symbol, Embedded: r.Embedded, Pack: r.Pack,
		}
		copy(list[i].Text[:], r.Text)
	}
	return list, nil
}
