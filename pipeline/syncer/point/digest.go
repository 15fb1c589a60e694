package point

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"iter"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/vector"
)

// Digest is a hash of the points of an index, with counts.
type Digest struct {
	Digest    string `json:"digest"` // SHA-256 in hex
	Points    int64  `json:"points"`
	Documents int64  `json:"documents"` // that have points
}

// Scope says which repositories a comparison or a digest covers: some of one
// tenant, or all of every tenant if it names none.
type Scope struct {
	Tenant       string
	Repositories []uuid.UUID
}

// points lists the points in scope with their vectors, by id.
func (s Scope) points(ctx context.Context, store vector.Store, collection string) iter.Seq2[vector.Point, error] {
	if len(s.Repositories) == 0 {
		return store.ScrollAll(ctx, collection, true)
	}
	return store.Scroll(ctx, collection, vector.Filter{Tenant: s.Tenant, Repositories: s.Repositories}, true)
}

// ComputeDigest hashes the points in scope in the order of their ids: the id, the
// payload's description of the chunk, and the vectors. It leaves out commit and
// revision, which depend on the repository's past and not on its content. It counts a
// document by its first chunk, so that it need not remember documents.
func ComputeDigest(ctx context.Context, points vector.Store, collection string, scope Scope) (Digest, error) {
	var d Digest
	sum := sha256.New()
	for p, err := range scope.points(ctx, points, collection) {
		if err != nil {
			return d, err
		}
		writePoint(sum, p)
		d.Points++
		if p.Payload.StartByte == 0 {
			d.Documents++
		}
	}
	d.Digest = hex.EncodeToString(sum.Sum(nil))
	return d, nil
}

func writePoint(sum hash.Hash, p vector.Point) {
	var b []byte
	b = append(b, p.ID[:]...)
	b = append(b, p.Payload.Repository[:]...)
	b = append(b, p.Payload.Track[:]...)
	b = append(b, p.Payload.Document[:]...)
	for _, s := range []string{p.Payload.Tenant, p.Payload.Ref, p.Payload.Path, p.Payload.Language, p.Payload.Kind, p.Payload.Symbol, string(p.Payload.Symbols), p.Payload.Blob} {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	for _, n := range []int{p.Payload.StartLine, p.Payload.EndLine, p.Payload.StartByte, p.Payload.EndByte, len(p.Dense), len(p.Sparse.Indices)} {
		b = binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	b = embedder.AppendFloats(b, p.Dense)
	for _, i := range p.Sparse.Indices {
		b = binary.LittleEndian.AppendUint32(b, i)
	}
	sum.Write(embedder.AppendFloats(b, p.Sparse.Values)) // a hash never returns an error
}
