package catalog

import (
	"bytes"
	"context"
	"fmt"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Facts records where the facts are stored that extractors found in blobs.
type Facts struct{ *store }

// BlobFacts are the facts that an extractor found in a blob, read as one language. Their
// encoded form is a blob of its own.
type BlobFacts struct {
	ChunkingKey
	Content [32]byte // SHA-256 of the encoded form
}

// Known finds the facts of contents that an extractor has found before.
func (fs *Facts) Known(ctx context.Context, contents []ChunkingKey, extractor int) (map[ChunkingKey][32]byte, error) {
	hashes, languages := columns(contents)
	rows, err := fs.query.KnownFacts(ctx, hashes, languages, int32(extractor))
	if err != nil {
		return nil, fmt.Errorf("look up facts of %d blobs: %w", len(contents), err)
	}
	known := make(map[ChunkingKey][32]byte, len(rows))
	for _, r := range rows {
		known[ChunkingKey{[32]byte(r.Blob), r.Language}] = [32]byte(r.Content)
	}
	return known, nil
}

// FactBatch is a batch of facts, with the encoded forms that are not stored yet.
type FactBatch struct {
	Extractor int // version
	Facts     []BlobFacts
	Pack      *Pack // holds Blobs; nil if there are none
	Blobs     []Blob
}

// Put stores a batch in one transaction. ErrVanished says that a blob has been
// collected since it was looked up.
func (fs *Facts) Put(ctx context.Context, b FactBatch) error {
	p := query.AddFactsParams{Extractor: int32(b.Extractor)}
	for _, f := range sorted(b.Facts, func(a, b BlobFacts) int { return a.compare(b.ChunkingKey) }) {
		p.Blobs = append(p.Blobs, f.Blob[:])
		p.Languages = append(p.Languages, f.Language)
		p.Contents = append(p.Contents, bytes.Clone(f.Content[:]))
	}
	err := fs.inTx(ctx, func(q *query.Queries) error {
		if err := addBlobs(ctx, q, b.Pack, packOfFacts, b.Blobs); err != nil {
			return err
		}
		return q.AddFacts(ctx, p)
	})
	if err != nil {
		return fmt.Errorf("put facts of %d blobs: %w", len(b.Facts), vanished(err))
	}
	return nil
}
