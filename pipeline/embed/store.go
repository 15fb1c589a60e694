package embed

import (
	"context"
	"fmt"
	"slices"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
)

// cut takes a chunk's text out of its blob, and checks it against the hash in the catalog. A vector stored under the
// hash of another text would be wrong for every document that shares the text.
func cut(domain string, content []byte, t catalog.Text) (text, error) {
	if int(t.EndByte) > len(content) {
		return text{}, fault.Reject(fmt.Errorf("chunk ends at byte %d of a blob of %d bytes", t.EndByte, len(content)))
	}
	part := content[t.StartByte:t.EndByte]
	if catalog.Name(domain, part) != t.SHA256 {
		return text{}, fault.Reject(fmt.Errorf("bytes %d to %d of the blob are not the chunk's text", t.StartByte, t.EndByte))
	}
	return text{hash: t.SHA256, bytes: string(part), domain: domain, old: blob.Span(t.Old)}, nil
}

// store embeds texts of a key domain and stores their vectors, one pack at a time. Vectors that cannot be stored are
// kept for the next attempt.
func (s *Step) store(ctx context.Context, domain string, texts []text) (err error) {
	pack := s.blobs.NewPackIn(domain, blob.Vector)
	var packed [][32]byte
	var records [][]byte
	defer func() {
		if err != nil {
			s.kept.add(packed, records)
		}
	}()
	flush := func() error {
		if len(packed) == 0 {
			return nil
		}
		if err := s.put(ctx, pack, packed); err != nil {
			return err
		}
		s.kept.drop(packed)
		pack, packed, records = s.blobs.NewPackIn(domain, blob.Vector), nil, nil
		return nil
	}
	for batch := range slices.Chunk(texts, s.cfg.BatchTexts) {
		vectors, embedErr := s.vectors(ctx, batch)
		for i, v := range vectors {
			if v == nil {
				continue
			}
			if err := pack.Add(v); err != nil {
				return err
			}
			packed, records = append(packed, batch[i].hash), append(records, v)
		}
		if pack.Full() || embedErr != nil { // after an error too, because the vectors are paid for
			if err := flush(); err != nil {
				return err
			}
		}
		if embedErr != nil {
			return embedErr
		}
	}
	return flush()
}

// vectors returns the record to store for each text. It asks the model for the texts that are not kept and have no
// dense vector. With an error it returns the good records too, and nil for the texts that failed.
func (s *Step) vectors(ctx context.Context, texts []text) ([][]byte, error) {
	records := s.kept.get(texts)
	if err := s.renew(ctx, texts, records); err != nil {
		return records, err
	}
	var missing []text
	var places []int
	for i, record := range records {
		if record == nil {
			missing, places = append(missing, texts[i]), append(places, i)
		}
	}
	if len(missing) == 0 {
		return records, nil
	}
	computed, err := s.compute(ctx, missing)
	for i, record := range computed {
		records[places[i]] = record
	}
	return records, err
}

// renew fills in the records of the texts that have a dense vector, with current term weights beside it.
func (s *Step) renew(ctx context.Context, texts []text, records [][]byte) error {
	var spans []blob.Span
	var places []int
	for i, t := range texts {
		if records[i] == nil && t.old.Object != "" {
			spans, places = append(spans, t.old), append(places, i)
		}
	}
	err := s.blobs.Read(ctx, spans, func(i int, content []byte) error {
		v, err := embedder.DecodeVector(content)
		if err != nil {
			return fault.Reject(fmt.Errorf("vector in %s at %d: %w", spans[i].Object, spans[i].Offset, err))
		}
		records[places[i]], err = s.record(texts[places[i]].bytes, v.Dense)
		return err
	})
	if err != nil {
		return fmt.Errorf("read %d vectors: %w", len(spans), err)
	}
	return nil
}

func (s *Step) compute(ctx context.Context, texts []text) ([][]byte, error) {
	defer s.cfg.Watch.Part(ctx, "model")()
	plain := make([]string, len(texts))
	for i, t := range texts {
		plain[i] = t.bytes
	}
	dense, costs, embedErr := s.ask(ctx, plain)
	s.meter.embedded(texts, dense, costs)
	if embedErr != nil {
		embedErr = fmt.Errorf("embed %d texts: %w", len(texts), embedErr)
		if len(dense) == 0 {
			return nil, embedErr
		}
	}
	if len(dense) != len(texts) {
		return nil, fmt.Errorf("embedder %s returned %d vectors for %d texts", s.embedder.Model().Name, len(dense), len(texts))
	}
	records := make([][]byte, len(texts))
	for i := range texts {
		if dense[i] == nil && embedErr != nil {
			continue
		}
		var err error
		if records[i], err = s.record(plain[i], dense[i]); err != nil {
			return nil, err
		}
	}
	return records, embedErr
}

// ask has the model embed texts. A local model reports no costs.
func (s *Step) ask(ctx context.Context, texts []string) (vectors [][]float32, costs []embedder.Cost, err error) {
	if s.remote != nil {
		return s.remote.EmbedMetered(ctx, texts, embedder.Document)
	}
	vectors, err = s.embedder.Embed(ctx, texts, embedder.Document)
	return vectors, nil, err
}

// record returns the bytes that are stored for a text.
func (s *Step) record(text string, dense []float32) ([]byte, error) {
	model := s.embedder.Model()
	if len(dense) != model.Dimensions {
		return nil, fmt.Errorf("embedder %s returned %d dimensions, not %d", model.Name, len(dense), model.Dimensions)
	}
	if !slices.ContainsFunc(dense, func(f float32) bool { return f != 0 }) {
		return nil, fault.Reject(fmt.Errorf("embedder %s returned a vector of zeros", model.Name))
	}
	record, err := embedder.Vector{Dense: dense, Sparse: embedder.Terms(text)}.AppendBinary(nil)
	if err != nil {
		return nil, fault.Reject(fmt.Errorf("embedder %s: %w", model.Name, err))
	}
	return record, nil
}

// put makes a pack durable and registers its vectors in the catalog.
func (s *Step) put(ctx context.Context, pack *blob.Pack, texts [][32]byte) error {
	defer s.cfg.Watch.Part(ctx, "store")()
	return pack.Write(ctx, catalog.ErrVanished, func(ctx context.Context) error { return s.register(ctx, pack, texts) })
}

func (s *Step) register(ctx context.Context, pack *blob.Pack, texts [][32]byte) error {
	object, spans, err := pack.Put(ctx)
	if err != nil {
		return fmt.Errorf("put %d vectors: %w", len(texts), err)
	}
	stored := make([]catalog.StoredVector, len(spans))
	for i, span := range spans {
		stored[i] = catalog.StoredVector{Text: texts[i], Span: catalog.Span(span)}
	}
	return s.stored.Put(ctx, s.id, embedder.TermsVersion, catalog.Pack(object), stored)
}
