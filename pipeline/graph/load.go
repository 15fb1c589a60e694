package graph

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/chunk"
	"github.com/leatworks/leat/pipeline/fact"
	"github.com/leatworks/leat/pipeline/factstore"
)

// facts loads the facts of documents. It finds and stores facts that are missing.
func (s *Step) facts(ctx context.Context, sources []catalog.GraphSource) ([]*fact.Set, error) {
	sets, missing, err := s.stored(ctx, sources)
	if err != nil || len(missing) == 0 {
		return sets, err
	}
	found, err := s.find(ctx, missing)
	if err != nil {
		return nil, err
	}
	for i, p := range sources {
		if sets[i] == nil {
			if sets[i], err = fact.Decode(found[p.Content]); err != nil {
				return nil, fmt.Errorf("facts of %s: %w", p.Path, err)
			}
		}
	}
	return sets, nil
}

// stored loads the facts of documents. If facts are not stored, their set is nil and their source is listed as missing.
func (s *Step) stored(ctx context.Context, sources []catalog.GraphSource) (sets []*fact.Set, missing []catalog.GraphSource, err error) {
	sets = make([]*fact.Set, len(sources))
	if len(sources) == 0 {
		return sets, nil, nil
	}
	keys := make([]catalog.ChunkingKey, len(sources))
	for i, p := range sources {
		keys[i] = p.Content
	}
	known, err := s.places.Known(ctx, keys, fact.Version)
	if err != nil {
		return nil, nil, err
	}
	var contents [][32]byte
	var at []int // indexes in sources
	for i, p := range sources {
		if content, ok := known[p.Content]; ok {
			contents, at = append(contents, content), append(at, i)
		} else {
			missing = append(missing, p)
		}
	}
	err = s.blobsOf(ctx, contents, func(i int, data []byte) error {
		set, err := fact.Decode(data)
		if err != nil {
			return fmt.Errorf("facts of %s: %w", sources[at[i]].Path, err)
		}
		sets[at[i]] = set
		return nil
	})
	return sets, missing, err
}

// find cuts texts again for their facts, and stores the facts.
func (s *Step) find(ctx context.Context, sources []catalog.GraphSource) (map[catalog.ChunkingKey][]byte, error) {
	texts, err := s.read(ctx, sources)
	if err != nil {
		return nil, err
	}
	batch := make([]chunk.Text, len(sources))
	for i, p := range sources {
		batch[i] = chunk.Text{Language: p.Content.Language, Bytes: texts[i]}
	}
	cuttings, err := s.cutter.Cut(ctx, batch)
	if err != nil {
		return nil, fmt.Errorf("find facts of %d texts: %w", len(batch), err)
	}
	found := make(map[catalog.ChunkingKey][]byte, len(sources))
	for i, p := range sources {
		found[p.Content] = factstore.Form(cuttings[i])
	}
	domains, err := s.byDomain(ctx, found)
	if err != nil {
		return nil, err
	}
	for domain, part := range domains {
		if err := factstore.Put(ctx, s.core, s.places, s.blobs, domain, part); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// byDomain groups facts by the key domains of their texts.
func (s *Step) byDomain(ctx context.Context, found map[catalog.ChunkingKey][]byte) (map[string]map[catalog.ChunkingKey][]byte, error) {
	var hashes [][]byte
	for key := range found {
		hashes = append(hashes, bytes.Clone(key.Blob[:]))
	}
	places, err := s.core.BlobSpans(ctx, hashes)
	if err != nil {
		return nil, err
	}
	domains := make(map[string]map[catalog.ChunkingKey][]byte)
	for key, form := range found {
		domain := "" // for the empty blob, which is in no pack
		if span, ok := places[key.Blob]; ok {
			if domain, err = s.blobs.Domain(ctx, span.Object); err != nil {
				return nil, err
			}
		}
		if domains[domain] == nil {
			domains[domain] = make(map[catalog.ChunkingKey][]byte)
		}
		domains[domain][key] = form
	}
	return domains, nil
}

// read loads the texts of sources.
func (s *Step) read(ctx context.Context, sources []catalog.GraphSource) ([][]byte, error) {
	texts := make([][]byte, len(sources))
	hashes := make([][32]byte, len(sources))
	for i, p := range sources {
		hashes[i] = p.Content.Blob
	}
	return texts, s.blobsOf(ctx, hashes, func(i int, data []byte) error {
		texts[i] = bytes.Clone(data)
		return nil
	})
}

// blobsOf reads blobs. The empty blob is in no pack.
func (s *Step) blobsOf(ctx context.Context, hashes [][32]byte, fn func(i int, data []byte) error) error {
	if len(hashes) == 0 {
		return nil
	}
	list := make([][]byte, len(hashes))
	for i := range hashes {
		list[i] = hashes[i][:]
	}
	places, err := s.core.BlobSpans(ctx, list)
	if err != nil {
		return err
	}
	var spans []blob.Span
	var at []int
	for i, h := range hashes {
		span, ok := places[h]
		switch {
		case ok:
			spans, at = append(spans, blob.Span(span)), append(at, i)
		case h == sha256.Sum256(nil):
			if err := fn(i, nil); err != nil {
				return err
			}
		default:
			return fmt.Errorf("blob %x: %w", h, catalog.ErrNotFound)
		}
	}
	return s.blobs.Read(ctx, spans, func(i int, data []byte) error { return fn(at[i], data) })
}
