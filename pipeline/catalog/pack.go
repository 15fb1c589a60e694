package catalog

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// packKind says what a pack holds.
type packKind string

const (
	packOfText    packKind = "text"
	packOfFacts   packKind = "fact"
	packOfVectors packKind = "vector"
)

// Packs are the objects of the store that hold blobs or vectors.
type Packs struct{ *store }

// List pages through the packs by key, in byte order.
func (ps *Packs) List(ctx context.Context, after string, most int) ([]Pack, error) {
	rows, err := ps.query.ListPacks(ctx, after, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list packs: %w", err)
	}
	packs := make([]Pack, len(rows))
	for i, r := range rows {
		packs[i] = Pack{r.Key, r.Size, [32]byte(r.Sha256)}
	}
	return packs, nil
}

// StoredPack is a pack that has an object, or one that is being deleted.
type StoredPack struct {
	Pack
	Deleted bool // its object is to go, or is gone
}

// Stored pages through all packs by key, in byte order.
func (ps *Packs) Stored(ctx context.Context, after string, most int) ([]StoredPack, error) {
	rows, err := ps.query.ListStoredPacks(ctx, after, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list packs: %w", err)
	}
	packs := make([]StoredPack, len(rows))
	for i, r := range rows {
		packs[i] = StoredPack{Pack{r.Key, r.Size, [32]byte(r.Sha256)}, r.Deleted}
	}
	return packs, nil
}

// PackItem is a blob, or the vector of a text, in a pack.
type PackItem struct {
	Hash     [32]byte // of the blob, or of the text
	Embedder int32    // 0 for a blob
	Span     Span
}

// Items lists the contents of a pack by position. vector says that it holds
// vectors. A pack that is deleted, or not in the catalog, is ErrNotFound.
func (ps *Packs) Items(ctx context.Context, key string) (items []PackItem, vector bool, err error) {
	pack, err := ps.query.LoadPack(ctx, key)
	if noRows(err) {
		return nil, false, fmt.Errorf("pack %s: %w", key, ErrNotFound)
	}
	if err != nil {
		return nil, false, fmt.Errorf("load pack %s: %w", key, err)
	}
	if packKind(pack.Kind) == packOfVectors {
		rows, err := ps.query.ListPackVectors(ctx, pack.ID)
		if err != nil {
			return nil, true, fmt.Errorf("list vectors of %s: %w", key, err)
		}
		for _, r := range rows {
			items = append(items, PackItem{[32]byte(r.Text), r.Embedder, Span{key, r.Position, r.Length, r.Length, uint32(r.Crc32c)}})
		}
		return items, true, nil
	}
	rows, err := ps.query.ListPackBlobs(ctx, &pack.ID)
	if err != nil {
		return nil, false, fmt.Errorf("list blobs of %s: %w", key, err)
	}
	for _, r := range rows {
		items = append(items, PackItem{[32]byte(r.Sha256), 0, Span{key, *r.Position, *r.Length, r.Size, uint32(*r.Crc32c)}})
	}
	return items, false, nil
}

// Move is items that have been written again, into another pack or into the
// same one.
type Move struct {
	From  []string // keys of the packs that held them
	Into  Pack
	Items []PackItem // where they are now
}

// Move records a move. A pack that holds nothing any more is to be
// deleted. ErrVanished says that the new pack cannot be used.
func (ps *Packs) Move(ctx context.Context, m Move, vector bool) error {
	items := slices.Clone(m.Items)
	slices.SortFunc(items, func(a, b PackItem) int {
		return cmp.Or(cmp.Compare(a.Embedder, b.Embedder), bytes.Compare(a.Hash[:], b.Hash[:]))
	})
	err := ps.inTx(ctx, func(q *query.Queries) error {
		kind := packOfText
		if vector {
			kind = packOfVectors
		}
		into, err := addPack(ctx, q, m.Into, kind)
		if err != nil {
			return err
		}
		from, err := q.LockPacks(ctx, m.From)
		if err != nil {
			return err
		}
		if err := moveItems(ctx, q, items, from, into, vector); err != nil {
			return err
		}
		left := slices.DeleteFunc(slices.Clone(m.From), func(key string) bool { return key == m.Into.Key })
		_, err = markPacksDeleted(ctx, q, left)
		return err
	})
	if err != nil {
		return fmt.Errorf("move %d items into %s: %w", len(m.Items), m.Into.Key, vanished(err))
	}
	return nil
}

func moveItems(ctx context.Context, q *query.Queries, items []PackItem, from []int64, into int64, vector bool) error {
	b := query.MoveBlobsParams{IntoPack: &into, FromPacks: from}
	v := query.MoveVectorsParams{IntoPack: into, FromPacks: from}
	for _, i := range items {
		b.Hashes = append(b.Hashes, i.Hash[:])
		v.Embedders = append(v.Embedders, i.Embedder)
		b.Positions = append(b.Positions, i.Span.Offset)
		b.Lengths = append(b.Lengths, i.Span.Length)
		b.Crcs = append(b.Crcs, int64(i.Span.CRC))
	}
	if !vector {
		_, err := q.MoveBlobs(ctx, b)
		return err
	}
	v.Texts, v.Positions, v.Lengths, v.Crcs = b.Hashes, b.Positions, b.Lengths, b.Crcs
	_, err := q.MoveVectors(ctx, v)
	return err
}

// DropVectors forgets vectors of a pack, and makes every document with a chunk
// that lacks one due for the embedder. It returns how many documents that are.
func (ps *Packs) DropVectors(ctx context.Context, key string, vectors []PackItem) (documents int, err error) {
	err = ps.inTx(ctx, func(q *query.Queries) error {
		ids, err := q.LockPacks(ctx, []string{key})
		if err != nil || len(ids) == 0 {
			return err
		}
		var embedders []int32
		var hashes [][]byte
		for _, v := range vectors {
			embedders = append(embedders, v.Embedder)
			hashes = append(hashes, v.Hash[:])
		}
		texts, err := q.DropVectors(ctx, embedders, hashes, ids[0])
		if err != nil {
			return err
		}
		tracks, err := q.EmbedAgain(ctx, texts)
		if err != nil {
			return err
		}
		documents = len(tracks)
		if err := q.ReopenSnapshots(ctx, tracks); err != nil {
			return err
		}
		_, err = q.MarkPacksDeleted(ctx, ids)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("drop %d vectors of %s: %w", len(vectors), key, err)
	}
	return documents, nil
}

// BlobSource is where a blob can be read again.
type BlobSource struct {
	Blob       [32]byte
	OID        string // git's, hex
	Encoding   string // of the file, if its text was decoded; "" is UTF-8
	Repository uuid.UUID
	URL        string
	Ref        string
	Commit     string // hex; holds the blob
}

// BlobSources lists where blobs can be read again: one place of each track
// that holds them. A blob that no document refers to has none.
func (ps *Packs) BlobSources(ctx context.Context, blobs [][]byte) ([]BlobSource, error) {
	rows, err := ps.query.ListBlobSources(ctx, blobs)
	if err != nil {
		return nil, fmt.Errorf("look for the sources of %d blobs: %w", len(blobs), err)
	}
	sources := make([]BlobSource, len(rows))
	for i, r := range rows {
		sources[i] = BlobSource{
			[32]byte(r.Blob), hex.EncodeToString(r.Oid), r.Encoding, r.Repository, r.Url, r.Ref, hex.EncodeToString(r.Commit),
		}
	}
	return sources, nil
}
