// Package factstore stores the facts that were found while a text was cut: their encoded
// form in a pack, and a row that names their blob. The ingestor stores the facts of the
// texts that it cuts, and the graph's step those that it finds missing.
package factstore

import (
	"bytes"
	"context"
	"slices"

	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/chunk"
	"github.com/leatworks/leat/pipeline/fact"
)

// Form returns the stored form of the facts of a text. A text without facts has an empty
// set, so that nobody looks again.
func Form(c chunk.Cutting) []byte {
	if c.Facts == nil {
		return fact.Encode(&fact.Set{})
	}
	return c.Facts
}

// Put packs encoded facts that are not stored yet, and records to which blobs they belong. The
// blobs are of one key domain. Put may be repeated.
func Put(ctx context.Context, core *catalog.Core, facts *catalog.Facts, blobs *blob.Store, domain string, found map[catalog.ChunkingKey][]byte) error {
	if len(found) == 0 {
		return nil
	}
	if shared, own := apart(domain, found); len(shared) > 0 {
		if err := Put(ctx, core, facts, blobs, "", shared); err != nil {
			return err
		}
		return Put(ctx, core, facts, blobs, domain, own)
	}
	batch := catalog.FactBatch{Extractor: fact.Version}
	forms := make(map[[32]byte][]byte)
	for key, form := range found {
		sum := catalog.Name(domain, form)
		forms[sum] = form
		batch.Facts = append(batch.Facts, catalog.BlobFacts{ChunkingKey: key, Content: sum})
	}
	var order [][32]byte
	for sum := range forms {
		order = append(order, sum)
	}
	slices.SortFunc(order, func(a, b [32]byte) int { return bytes.Compare(a[:], b[:]) })
	pack := blobs.NewPackIn(domain, blob.Fact)
	return pack.Write(ctx, catalog.ErrVanished, func(ctx context.Context) error {
		pack.Reset()
		return attempt(ctx, core, facts, pack, batch, order, forms)
	})
}

// apart takes the facts of the empty blob out, which all domains share.
func apart(domain string, found map[catalog.ChunkingKey][]byte) (shared, own map[catalog.ChunkingKey][]byte) {
	if domain == "" {
		return nil, found
	}
	empty := catalog.Name("", nil)
	shared, own = make(map[catalog.ChunkingKey][]byte), make(map[catalog.ChunkingKey][]byte)
	for key, form := range found {
		if key.Blob == empty {
			shared[key] = form
		} else {
			own[key] = form
		}
	}
	return shared, own
}

// attempt stores the forms that are unknown now, and the rows.
func attempt(ctx context.Context, core *catalog.Core, facts *catalog.Facts, pack *blob.Pack, batch catalog.FactBatch, order [][32]byte, forms map[[32]byte][]byte) error {
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
	return facts.Put(ctx, batch)
}
