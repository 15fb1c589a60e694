package catalog

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// The states of a document.
const (
	StateChunked  = "chunked"  // has chunks; texts among them may lack vectors
	StateEmbedded = "embedded" // every chunk has its vector
	StateIndexed  = "indexed"  // the active generation holds its points, at its revision
	StateFailed   = "failed"   // an attempt failed; due again at a time of its own
	StateSkipped  = "skipped"  // not indexed, for a recorded reason
	StateRemoved  = "removed"  // left its track; its points may not be gone yet
)

// Document is what the catalog holds of one path of a track.
type Document struct {
	ID         uuid.UUID
	Track      uuid.UUID
	Repository uuid.UUID
	Tenant     string
	Ref        string
	Commit     string // hex; of the snapshot that last changed it
	Path       string
	Revision   int64
	Lane       string
	State      string
	HasPoints  bool // points of an earlier revision may be in the index
	Owed       bool // work on it is not finished

	// Of its content; zero when skipped or removed.
	Chunking int64
	Blob     [32]byte
	Language string
	Chunker  int
	Chunks   int
	Span     Span // of the blob; zero for the empty one
}

// Current names the revision of a document that a write is meant for.
type Current struct {
	ID       uuid.UUID
	Revision int64
}

// Current names this revision of the document.
func (d Document) Current() Current { return Current{d.ID, d.Revision} }

// Documents loads what there is of ids, in no order.
func (c *Catalog) Documents(ctx context.Context, ids []uuid.UUID) ([]Document, error) {
	rows, err := c.query.LoadDocuments(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("load %d documents: %w", len(ids), err)
	}
	docs := make([]Document, len(rows))
	for i, r := range rows {
		docs[i] = Document{
			ID: r.ID, Track: r.Track, Repository: r.Repository, Tenant: r.Tenant, Ref: r.Ref,
			Commit: hex.EncodeToString(r.Commit), Path: string(r.Path), Revision: r.Revision, Lane: r.Lane, State: r.State,
			HasPoints: r.IndexedRevision != nil, Owed: r.Owed,
			Chunking: r.Chunking, Language: r.Language, Chunker: int(r.Chunker), Chunks: int(r.Chunks),
			Span: Span{Object: r.Pack, Offset: r.Position, Length: r.Length, Size: r.Size, CRC: uint32(r.Crc32c)},
		}
		copy(docs[i].Blob[:], r.Blob)
	}
	return docs, nil
}

// KnownFile is what was stored of a path when it was last looked at.
type KnownFile struct {
	OID      []byte
	Mode     int32
	Revision int64
}

// KnownFiles loads what is stored of ids; a path that is not there is missing.
func (c *Catalog) KnownFiles(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]KnownFile, error) {
	rows, err := c.query.KnownDocuments(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("look up %d files: %w", len(ids), err)
	}
	known := make(map[uuid.UUID]KnownFile, len(rows))
	for _, r := range rows {
		known[r.ID] = KnownFile{r.Oid, r.Mode, r.Revision}
	}
	return known, nil
}

// RemoveFiles takes paths out of a snapshot. What never had points is gone at
// once, the rest when the indexer has deleted them.
func (c *Catalog) RemoveFiles(ctx context.Context, s Snapshot, ids []uuid.UUID) error {
	err := c.inTx(ctx, func(q *query.Queries) error {
		if _, err := q.DropUnindexed(ctx, ids, s.Track, s.Revision); err != nil {
			return err
		}
		_, err := q.RemoveDocuments(ctx, query.RemoveDocumentsParams{
			Ids: ids, Track: s.Track, Revision: s.Revision, Lane: s.Lane, Lease: c.lease.Seconds(),
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("remove %d files: %w", len(ids), err)
	}
	return nil
}

// TrackFiles pages through a track's document ids in ascending order.
func (c *Catalog) TrackFiles(ctx context.Context, track, after uuid.UUID, most int) ([]uuid.UUID, error) {
	ids, err := c.query.ListTrack(ctx, track, after, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list track %s: %w", track, err)
	}
	return ids, nil
}

// Text is a chunk's text that has no vector of an embedder.
type Text struct {
	Chunking           int64
	StartByte, EndByte int32
	SHA256             [32]byte
}

// MissingTexts lists the chunks of the chunkings whose texts lack a vector.
func (c *Catalog) MissingTexts(ctx context.Context, chunkings []int64, embedder int32) ([]Text, error) {
	rows, err := c.query.LoadMissingTexts(ctx, chunkings, embedder)
	if err != nil {
		return nil, fmt.Errorf("look for texts without vectors: %w", err)
	}
	texts := make([]Text, len(rows))
	for i, r := range rows {
		texts[i] = Text{r.Chunking, r.StartByte, r.EndByte, [32]byte(r.Text)}
	}
	return texts, nil
}

// StoredVector is where the vector of a text is.
type StoredVector struct {
	Text [32]byte
	Span Span
}

// PutVectors stores where a pack holds an embedder's vectors.
func (c *Catalog) PutVectors(ctx context.Context, embedder int32, pack Pack, vectors []StoredVector) error {
	slices.SortFunc(vectors, func(a, b StoredVector) int { return bytes.Compare(a.Text[:], b.Text[:]) })
	err := c.inTx(ctx, func(q *query.Queries) error {
		id, err := addPack(ctx, q, pack, "vector")
		if err != nil {
			return err
		}
		p := query.AddVectorsParams{Embedder: embedder, Pack: id}
		for _, v := range vectors {
			p.Texts = append(p.Texts, v.Text[:])
			p.Positions = append(p.Positions, v.Span.Offset)
			p.Lengths = append(p.Lengths, v.Span.Length)
			p.Crcs = append(p.Crcs, int64(v.Span.CRC))
		}
		return q.AddVectors(ctx, p)
	})
	if err != nil {
		return fmt.Errorf("put %d vectors: %w", len(vectors), err)
	}
	return nil
}

// MarkEmbedded says that every chunk of these revisions has its vector.
func (c *Catalog) MarkEmbedded(ctx context.Context, docs []Current) error {
	ids, revisions := split(docs)
	if _, err := c.query.MarkEmbedded(ctx, c.lease.Seconds(), ids, revisions); err != nil {
		return fmt.Errorf("mark %d documents embedded: %w", len(docs), err)
	}
	return nil
}

// ChunkVector is a chunk and where its vector is.
type ChunkVector struct {
	Chunking int64
	Ordinal  int
	Chunk
	Vector Span
}

// ChunkVectors lists the chunks of the chunkings that have a vector, by
// chunking and ordinal.
func (c *Catalog) ChunkVectors(ctx context.Context, embedder int32, chunkings []int64) ([]ChunkVector, error) {
	rows, err := c.query.LoadChunkVectors(ctx, embedder, chunkings)
	if err != nil {
		return nil, fmt.Errorf("load chunks of %d chunkings: %w", len(chunkings), err)
	}
	list := make([]ChunkVector, len(rows))
	for i, r := range rows {
		list[i] = ChunkVector{
			Chunking: r.Chunking, Ordinal: int(r.Ordinal),
			Chunk:  Chunk{StartByte: r.StartByte, EndByte: r.EndByte, StartLine: r.StartLine, EndLine: r.EndLine, Kind: r.Kind, Symbol: r.Symbol},
			Vector: Span{Object: r.Key, Offset: r.Position, Length: r.Length, Size: r.Length, CRC: uint32(r.Crc32c)},
		}
	}
	return list, nil
}

// MarkIndexed says that the index holds these revisions' points and no older
// ones. It returns the documents whose revision still stands.
func (c *Catalog) MarkIndexed(ctx context.Context, docs []Current) ([]uuid.UUID, error) {
	return c.mark(ctx, c.query.MarkIndexed, docs, "indexed")
}

// MarkCleared says that the index holds no point of these skipped documents.
func (c *Catalog) MarkCleared(ctx context.Context, docs []Current) ([]uuid.UUID, error) {
	return c.mark(ctx, c.query.MarkCleared, docs, "cleared")
}

// DropRemoved forgets removed documents whose points are gone.
func (c *Catalog) DropRemoved(ctx context.Context, docs []Current) ([]uuid.UUID, error) {
	return c.mark(ctx, c.query.DropRemoved, docs, "dropped")
}

func (c *Catalog) mark(ctx context.Context, statement func(context.Context, []uuid.UUID, []int64) ([]uuid.UUID, error), docs []Current, as string) ([]uuid.UUID, error) {
	if len(docs) == 0 {
		return nil, nil
	}
	ids, revisions := split(docs)
	marked, err := statement(ctx, ids, revisions)
	if err != nil {
		return nil, fmt.Errorf("mark %d documents %s: %w", len(docs), as, err)
	}
	return marked, nil
}

// Backoff says when a failed attempt is tried again: after First, doubled for
// each attempt before it up to Most, less a random part of at most half so
// that what failed together does not return together; but not before AtLeast.
type Backoff struct {
	First, Most, AtLeast time.Duration
}

// DelayDocument records a failed attempt and when the next is due. It returns
// how many have failed, 0 if the revision no longer stands.
func (c *Catalog) DelayDocument(ctx context.Context, doc Current, reason string, b Backoff) (attempts int, err error) {
	n, err := c.query.FailDocument(ctx, query.FailDocumentParams{
		ID: doc.ID, Revision: doc.Revision, Reason: clean(reason, maxReason),
		First: b.First.Seconds(), Most: b.Most.Seconds(), AtLeast: b.AtLeast.Seconds(),
	})
	if noRows(err) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("record failure of document %s: %w", doc.ID, err)
	}
	return int(n), nil
}

// BuryDocument records a failure after which nothing is tried by itself.
func (c *Catalog) BuryDocument(ctx context.Context, doc Current, reason string) error {
	if err := c.query.BuryDocument(ctx, clean(reason, maxReason), doc.ID, doc.Revision); err != nil {
		return fmt.Errorf("record failure of document %s: %w", doc.ID, err)
	}
	return nil
}

// OwedDocuments lists at most most documents whose due time has passed.
func (c *Catalog) OwedDocuments(ctx context.Context, most int) ([]uuid.UUID, error) {
	ids, err := c.query.OwedDocuments(ctx, int32(most))
	if err != nil {
		return nil, fmt.Errorf("load owed documents: %w", err)
	}
	return ids, nil
}

// Lease gives work that is under way another lease.
func (c *Catalog) Lease(ctx context.Context, ids []uuid.UUID) error {
	if err := c.query.LeaseDocuments(ctx, c.lease.Seconds(), ids); err != nil {
		return fmt.Errorf("lease %d documents: %w", len(ids), err)
	}
	return nil
}

func split(docs []Current) (ids []uuid.UUID, revisions []int64) {
	for _, d := range docs {
		ids = append(ids, d.ID)
		revisions = append(revisions, d.Revision)
	}
	return ids, revisions
}
