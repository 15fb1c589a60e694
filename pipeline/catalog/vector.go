package catalog

import (
	"bytes"
	"context"
	"fmt"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Vectors records where the vectors of texts are stored.
type Vectors struct{ *store }

// Text is a chunk's text that has no record of an embedder with current term weights.
type Text struct {
	Chunking           int64
	StartByte, EndByte int32
	SHA256             [32]byte
	Old                Span // of its record with older term weights; the zero Span: it has none
}

// Embedded says whether the text has a dense vector.
func (t Text) Embedded() bool { return t.Old.Object != "" }

// Missing lists the chunks of the chunkings whose texts lack a record with term weights of that version.
func (vs *Vectors) Missing(ctx context.Context, chunkings []int64, embedder int32, terms int) ([]Text, error) {
	rows, err := vs.query.LoadMissingTexts(ctx, chunkings, embedder, int32(terms))
	if err != nil {
		return nil, fmt.Errorf("look for texts without vectors: %w", err)
	}
	texts := make([]Text, len(rows))
	for i, r := range rows {
		old := Span{Object: r.Key, Offset: r.Position, Length: r.Length, Size: r.Length, CRC: uint32(r.Crc32c)}
		texts[i] = Text{r.Chunking, r.StartByte, r.EndByte, [32]byte(r.Text), old}
	}
	return texts, nil
}

// StoredVector is where the vector of a text is.
type StoredVector struct {
	Text [32]byte
	Span Span
}

// Put stores where a pack holds an embedder's vectors, with term weights of that
// version. ErrVanished says that the pack cannot be used.
func (vs *Vectors) Put(ctx context.Context, embedder int32, terms int, pack Pack, vectors []StoredVector) error {
	vectors = sorted(vectors, func(a, b StoredVector) int { return bytes.Compare(a.Text[:], b.Text[:]) })
	err := vs.inTx(ctx, func(q *query.Queries) error {
		id, err := addPack(ctx, q, pack, packOfVectors)
		if err != nil {
			return err
		}
		p := query.AddVectorsParams{Embedder: embedder, Pack: id, Terms: int32(terms)}
		for _, v := range vectors {
			p.Texts = append(p.Texts, v.Text[:])
			p.Positions = append(p.Positions, v.Span.Offset)
			p.Lengths = append(p.Lengths, v.Span.Length)
			p.Crcs = append(p.Crcs, int64(v.Span.CRC))
		}
		return q.AddVectors(ctx, p)
	})
	if err != nil {
		return fmt.Errorf("put %d vectors: %w", len(vectors), vanished(err))
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

// OfChunkings lists the chunks of the chunkings that have a vector, by
// chunking and ordinal.
func (vs *Vectors) OfChunkings(ctx context.Context, embedder int32, chunkings []int64) ([]ChunkVector, error) {
	rows, err := vs.query.LoadChunkVectors(ctx, chunkings, embedder)
	if err != nil {
		return nil, fmt.Errorf("load chunks of %d chunkings: %w", len(chunkings), err)
	}
	list := make([]ChunkVector, len(rows))
	for i, r := range rows {
		list[i] = ChunkVector{
			Chunking: r.Chunking, Ordinal: int(r.Ordinal),
			Chunk: Chunk{
				StartByte: r.StartByte, EndByte: r.EndByte, StartLine: r.StartLine, EndLine: r.EndLine,
				Kind: r.Kind, Symbol: r.Symbol, Symbols: symbolsOf(r.Symbols, r.SymbolLines),
			},
			Vector: Span{Object: r.Key, Offset: r.Position, Length: r.Length, Size: r.Length, CRC: uint32(r.Crc32c)},
		}
	}
	return list, nil
}
