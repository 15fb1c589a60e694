package ingest

import (
	"context"
	"fmt"
	"sync"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/leatworks/leat/pipeline/announce"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/chunk"
	"github.com/leatworks/leat/pipeline/factstore"
)

// store makes a batch durable: new contents go into a pack, then the rows are written,
// then the events published. Each part may be repeated.
func (l *listing) store(ctx context.Context, files []file) error {
	l.step.cfg.Watch.Batch(ctx, len(files))
	batch := catalog.FileBatch{Snapshot: l.snapshot, Chunker: chunk.Version}
	contents := make(map[catalog.ChunkingKey][]byte)
	var keys []catalog.ChunkingKey
	var ids []uuid.UUID
	for _, f := range files {
		batch.Files = append(batch.Files, f.File)
		ids = append(ids, f.ID)
		if f.SkipReason != "" {
			continue
		}
		if _, seen := contents[f.Content]; !seen {
			keys = append(keys, f.Content)
			contents[f.Content] = f.content
		}
	}
	found := make(map[catalog.ChunkingKey][]byte)
	pack := l.step.blobs.NewPackIn(l.domain, blob.Text)
	err := pack.Write(ctx, catalog.ErrVanished, func(ctx context.Context) error {
		pack.Reset() // other contents may be known than at the last attempt
		return l.put(ctx, pack, batch, keys, contents, found)
	})
	if err != nil {
		return err
	}
	if err := l.publish(ctx, ids); err != nil {
		return err
	}
	return l.keepFacts(ctx, found)
}

// keepFacts hands facts over to be stored while the next batch is on its way. Only the
// graph waits for them, and it finds lost ones anew.
func (l *listing) keepFacts(ctx context.Context, found map[catalog.ChunkingKey][]byte) error {
	if len(found) == 0 {
		return nil
	}
	select {
	case l.facts <- found:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// put stores the unknown contents and the rows.
func (l *listing) put(ctx context.Context, pack *blob.Pack, batch catalog.FileBatch, keys []catalog.ChunkingKey, contents, found map[catalog.ChunkingKey][]byte) error {
	known, err := l.step.catalog.Known(ctx, keys, chunk.Version)
	if err != nil {
		return err
	}
	// Cutting takes longest and S3 is slow to answer, so they run at the same time.
	var chunkings []catalog.Chunking
	both, packing := errgroup.WithContext(ctx)
	both.Go(func() error { return l.pack(packing, pack, &batch, known, keys, contents) })
	both.Go(func() (err error) {
		chunkings, err = l.cut(packing, known, keys, contents, found)
		return err
	})
	if err := both.Wait(); err != nil {
		return err
	}
	batch.Chunkings = chunkings
	defer l.step.cfg.Watch.Part(ctx, "rows")()
	return l.step.catalog.PutFiles(ctx, batch)
}

// cutters bounds the groups of files cut at once: a parse of a large file takes some
// dozen times its size in memory.
const cutters = 2

// A group of files is cut in one call. It has so many files at most, and ends with the
// file that brings it to so many bytes. Small groups let the two cutters end at about
// the same time; a call costs some 100 µs.
const (
	cutFiles = 16
	cutBytes = 64 << 10
)

// cut cuts the unknown contents.
func (l *listing) cut(ctx context.Context, known catalog.Known, keys []catalog.ChunkingKey, contents, found map[catalog.ChunkingKey][]byte) ([]catalog.Chunking, error) {
	defer l.step.cfg.Watch.Part(ctx, "cut")()
	var chunkings []catalog.Chunking
	for _, key := range keys {
		if !known.Chunkings[key] {
			chunkings = append(chunkings, catalog.Chunking{ChunkingKey: key})
		}
	}
	var lock sync.Mutex // of found
	cutting, ctx := errgroup.WithContext(ctx)
	cutting.SetLimit(cutters)
	for rest := chunkings; len(rest) > 0; {
		count, bytes := 0, 0
		for count < min(len(rest), cutFiles) && bytes < cutBytes {
			bytes += len(contents[rest[count].ChunkingKey])
			count++
		}
		group := rest[:count]
		rest = rest[count:]
		cutting.Go(func() error {
			cuttings, err := l.cutGroup(ctx, group, contents)
			lock.Lock()
			defer lock.Unlock()
			for i, c := range cuttings {
				if chunk.HasFacts(group[i].Language) {
					found[group[i].ChunkingKey] = factstore.Form(c)
				}
			}
			return err
		})
	}
	return chunkings, cutting.Wait()
}

func (l *listing) cutGroup(ctx context.Context, group []catalog.Chunking, contents map[catalog.ChunkingKey][]byte) ([]chunk.Cutting, error) {
	texts := make([]chunk.Text, len(group))
	for i, c := range group {
		texts[i] = chunk.Text{Language: c.Language, Bytes: contents[c.ChunkingKey]}
	}
	cuttings, err := l.step.cfg.Splitter.Cut(ctx, texts)
	if err != nil {
		return nil, fmt.Errorf("cut %d blobs from %x on: %w", len(group), group[0].Blob, err)
	}
	for i := range group {
		group[i].Chunks = chunks(l.domain, cuttings[i].Spans, texts[i].Bytes)
	}
	return cuttings, nil
}

// pack stores the unknown blobs.
func (l *listing) pack(ctx context.Context, pack *blob.Pack, batch *catalog.FileBatch, known catalog.Known, keys []catalog.ChunkingKey, contents map[catalog.ChunkingKey][]byte) error {
	var packed []catalog.Blob
	for _, key := range keys {
		if known.Blobs[key.Blob] {
			continue
		}
		known.Blobs[key.Blob] = true
		b := catalog.Blob{SHA256: key.Blob, Size: int32(len(contents[key]))}
		if b.Size == 0 {
			batch.Blobs = append(batch.Blobs, b)
			continue
		}
		if err := pack.Add(contents[key]); err != nil {
			return err
		}
		packed = append(packed, b)
	}
	if len(packed) == 0 {
		return nil
	}
	end := l.step.cfg.Watch.Part(ctx, "store")
	object, spans, err := pack.Put(ctx)
	if end(); err != nil {
		return fmt.Errorf("put %d blobs: %w", len(packed), err)
	}
	for i := range packed {
		packed[i].Span = catalog.Span(spans[i])
	}
	batch.Pack = &catalog.Pack{Key: object.Key, Size: object.Size, SHA256: object.SHA256}
	batch.Blobs = append(batch.Blobs, packed...)
	return nil
}

func chunks(domain string, spans []chunk.Span, content []byte) []catalog.Chunk {
	list := make([]catalog.Chunk, len(spans))
	for i, s := range spans {
		list[i] = catalog.Chunk{
			StartByte: int32(s.Start), EndByte: int32(s.End), StartLine: int32(s.StartLine), EndLine: int32(s.EndLine),
			Kind: s.Kind, Symbol: s.Symbol, Symbols: symbols(s.Symbols), Text: catalog.Name(domain, content[s.Start:s.End]),
		}
	}
	return list
}

func symbols(defined []chunk.Symbol) []catalog.Symbol {
	list := make([]catalog.Symbol, len(defined))
	for i, s := range defined {
		list[i] = catalog.Symbol{Name: s.Name, StartLine: int32(s.StartLine), EndLine: int32(s.EndLine)}
	}
	return list
}

// publish publishes the events that the catalog owes for these documents.
func (l *listing) publish(ctx context.Context, ids []uuid.UUID) error {
	defer l.step.cfg.Watch.Part(ctx, "publish")()
	docs, err := l.step.catalog.Documents(ctx, ids)
	if err != nil {
		return err
	}
	index, err := l.step.catalog.Generations.Index(ctx)
	if err != nil {
		return err
	}
	var out []announce.Event
	for _, d := range docs {
		if d.Owed {
			out = append(out, announce.Owed(d, index)...)
		}
	}
	return l.step.events.PublishWhenRoom(ctx, out...)
}
