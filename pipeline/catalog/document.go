package catalog

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// DocumentState is how far a document has come.
type DocumentState string

// The states of a document.
const (
	StateChunked  DocumentState = "chunked"  // has chunks; texts among them may lack vectors
	StateEmbedded DocumentState = "embedded" // every chunk has its vector
	StateIndexed  DocumentState = "indexed"  // the active generation holds its points, at its revision
	StateFailed   DocumentState = "failed"   // an attempt failed; due again at a time of its own
	StateSkipped  DocumentState = "skipped"  // not indexed, for a recorded reason
	StateRemoved  DocumentState = "removed"  // left its track; its points may not be gone yet
)

// Document is the catalog's row of one path of a track.
type Document struct {
	ID         uuid.UUID
	Track      uuid.UUID
	Repository uuid.UUID
	Tenant     string
	Ref        string
	Commit     string // hex; of the snapshot that last changed it
	Path       string
	Revision   int64
	Lane       events.Lane
	State      DocumentState
	HasPoints  bool // points may be in the index, of this revision or an earlier one
	Owed       bool // work on it is not finished
	Dormant    bool // its track is dormant: it is to have no points

	// The chunking of its content; zero when skipped or removed.
	Chunking int64
	Blob     [32]byte
	Language string
	Chunker  int
	Chunks   int
	Span     Span // of the blob; zero for the empty one
}

// Documents loads the documents of ids that exist, in no order.
func (c *Core) Documents(ctx context.Context, ids []uuid.UUID) ([]Document, error) {
	rows, err := c.query.LoadDocuments(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("load %d documents: %w", len(ids), err)
	}
	docs := make([]Document, len(rows))
	for i, r := range rows {
		docs[i] = Document{
			ID: r.ID, Track: r.Track, Repository: r.Repository, Tenant: r.Tenant, Ref: r.Ref,
			Commit: hex.EncodeToString(r.Commit), Path: string(r.Path), Revision: r.Revision, Lane: r.Lane, State: DocumentState(r.State),
			HasPoints: r.IndexedRevision != nil, Owed: r.Owed, Dormant: r.Dormant,
			Chunking: r.Chunking, Language: r.Language, Chunker: int(r.Chunker), Chunks: int(r.Chunks),
			Span: Span{Object: r.Pack, Offset: r.Position, Length: r.Length, Size: r.Size, CRC: uint32(r.Crc32c)},
		}
		copy(docs[i].Blob[:], r.Blob)
	}
	return docs, nil
}

// KnownFile is the row of a path when it was last looked at.
type KnownFile struct {
	OID      []byte
	Mode     int32
	Revision int64
}

// KnownFiles loads the files of ids that are stored. The result lacks the others.
func (c *Core) KnownFiles(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]KnownFile, error) {
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

// RemoveFiles takes paths out of a snapshot. A document that never had points is gone
// at once, any other when the indexer has deleted its points.
func (c *Core) RemoveFiles(ctx context.Context, s Snapshot, ids []uuid.UUID) error {
	err := c.inTx(ctx, func(q *query.Queries) error {
		if err := holdListing(ctx, q, s); err != nil {
			return err
		}
		// Documents that another worker stores from now on are not removed, because they would be
		// locked out of order.
		locked, err := q.LockDocuments(ctx, ids)
		if err != nil {
			return err
		}
		if err := q.DropUnindexed(ctx, s.Revision, locked, s.Track); err != nil {
			return err
		}
		return q.RemoveDocuments(ctx, query.RemoveDocumentsParams{
			Ids: locked, Track: s.Track, Revision: s.Revision, Lane: s.Lane, Lease: c.lease.Seconds(),
		})
	})
	if err != nil {
		return fmt.Errorf("remove %d files: %w", len(ids), err)
	}
	return nil
}

// TrackFiles pages through a track's document ids in ascending order.
func (c *Core) TrackFiles(ctx context.Context, track, after uuid.UUID, most int) ([]uuid.UUID, error) {
	ids, err := c.query.ListTrack(ctx, track, after, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list track %s: %w", track, err)
	}
	return ids, nil
}
