// Package factstore stores the facts that a cutting has found: their encoded form in
// a pack, and a row that says of which blob they are. The ingestor stores what it has
// cut, and the graph's step what it found missing.
package factstore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"slices"

	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/chunk"
	"github.com/leatworks/leat/pipeline/fact"
)

// Form is the stored form of the facts of a cutting. A text that has none has a set
// without facts, so that nobody looks again.
func Form(c chunk.Cutting) []byte {
	if c.Facts == nil {
		return fact.Encode(&fact.Set{})
	}
	return c.Facts
}

// Put packs encoded facts that are not stored yet, and records whose they are. It
// may be repeated.
func Put(ctx context.Context, core *catalog.Core, blobs *blob.Store, found map[catalog.ChunkingKey][]byte) error {
	if len(found) == 0 {
		return nil
	}
	batch := catalog.FactBatch{Extractor: fact.Version}
	forms := make(map[[32]byte][]byte)
	for key, form := range found {
		sum := sha256.Sum256(form)
		forms[sum] = form
		batch.Facts = append(batch.Facts, catalog.Facts{ChunkingKey: key, Content: sum})
	}
	var order [][32]byte
	for sum := range forms {
		order = append(order, sum)
	}
	slices.SortFunc(order, func(a, b [32]byte) int { return bytes.Compare(a[:], b[:]) })
	pack := blobs.NewPack(blob.Fact)
	return pack.Write(ctx, catalog.ErrVanished, func(ctx context.Context) error {
		pack.Reset()
		return attempt(ctx, core, pack, batch, order, forms)
	})
}

// attempt stores the forms that are unknown now, and the rows.
func attempt(ctx context.Context, core *catalog.Core, pack *blob.Pack, batch catalog.FactBatch, order [][32]byte, forms map[[32]byte][]byte) error {
	hashes := make([][]byte, len(order))
	for i := range order {
		hashes[i] = order[i][:]
	}
	known, err := core.BlobSpans(ctx, hashes)
	if err != nil {
		return err
	}
	batch.Pack, batch.Blobs = nil, nil
	for _, sum := range order {
		if _, ok := known[sum]; ok {
			continue
		}
		if err := pack.Add(forms[sum]); err != nil {
			return err
		}
		batch.Blobs = append(batch.Blobs, catalog.Blob{SHA256: sum, Size: int32(len(forms[sum]))})
	}
	if len(batch.Blobs) > 0 {
		object, spans, err := pack.Put(ctx)
		if err != nil {
			return err
		}
		for i := range batch.Blobs {
			batch.Blobs[i].Span = catalog.Span(spans[i])
		}
		batch.Pack = &catalog.Pack{Key: object.Key, Size: object.Size, SHA256: object.SHA256}
	}
	return core.PutFacts(ctx, batch)
}
