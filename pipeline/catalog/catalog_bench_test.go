package catalog_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/leatworks/leat/pipeline/catalog"
)

const (
	benchFiles  = 512
	benchChunks = 6
)

// benchBatch makes files that nobody has seen, with six chunks each.
func (w *world) benchBatch(s catalog.Snapshot, round int) catalog.FileBatch {
	b := catalog.FileBatch{Snapshot: s, Chunker: chunker, Pack: &catalog.Pack{Key: fmt.Sprint("text/", round), Size: 1}}
	for i := range benchFiles {
		name := fmt.Sprintf("%09d/%09d/", round, i)
		f := w.document(name, name+name[:4]) // 24 bytes: six chunks of four
		b.Files = append(b.Files, f.File)
		b.Blobs = append(b.Blobs, newBlob(f.content, i))
		chunks := cut(f.content)
		for ordinal := range chunks {
			chunks[ordinal].Text = sha256.Sum256(fmt.Append(nil, name, ordinal))
		}
		b.Chunkings = append(b.Chunkings, catalog.Chunking{ChunkingKey: f.Content, Chunks: chunks[:benchChunks]})
	}
	return b
}

func BenchmarkPutFiles(b *testing.B) {
	b.Run("catalog", func(b *testing.B) {
		w := newWorld(b)
		s := w.begin(b, "a")
		round := 0
		for b.Loop() {
			b.StopTimer()
			batch := w.benchBatch(s, round)
			round++
			b.StartTimer()
			if err := w.PutFiles(b.Context(), batch); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)*benchFiles/b.Elapsed().Seconds(), "docs/s")
	})
	// The floor is the time in which Postgres stores the same rows, unchecked and unsorted.
	b.Run("floor", func(b *testing.B) {
		w := newWorld(b)
		s := w.begin(b, "a")
		round := 0
		for b.Loop() {
			b.StopTimer()
			batch := w.benchBatch(s, round)
			b.StartTimer()
			if err := w.copyRows(b.Context(), batch, int64(round)); err != nil {
				b.Fatal(err)
			}
			round++
		}
		b.ReportMetric(float64(b.N)*benchFiles/b.Elapsed().Seconds(), "docs/s")
	})
}

// copyRows stores the rows of a batch by COPY alone.
func (w *world) copyRows(ctx context.Context, b catalog.FileBatch, round int64) error {
	return pgx.BeginFunc(ctx, w.sql, func(tx pgx.Tx) error {
		pack, first := round+1, round*benchFiles+1
		if _, err := tx.Exec(ctx, "insert into packs (id, key, kind, size, sha256) overriding system value values ($1, $2, 'text', 1, $3)",
			pack, b.Pack.Key, b.Pack.SHA256[:]); err != nil {
			return err
		}
		var blobs, chunkings, chunks, documents [][]any
		for i, k := range b.Chunkings {
			id := first + int64(i)
			blob, f := b.Blobs[i], b.Files[i]
			blobs = append(blobs, []any{blob.SHA256[:], blob.Size, pack, blob.Span.Offset, blob.Span.Length, int64(blob.Span.CRC)})
			chunkings = append(chunkings, []any{id, k.Blob[:], k.Language, chunker, len(k.Chunks)})
			for ordinal, c := range k.Chunks {
				chunks = append(chunks, []any{id, ordinal, c.StartByte, c.EndByte, c.StartLine, c.EndLine, c.Kind, c.Symbol, c.Text[:]})
			}
			documents = append(documents, []any{f.ID, w.track.ID, f.Path, f.OID, f.Mode, b.Snapshot.Revision, "live", "chunked", id, time.Now()})
		}
		for _, t := range []struct {
			name    string
			columns []string
			rows    [][]any
		}{
			{"blobs", []string{"sha256", "size", "pack", "position", "length", "crc32c"}, blobs},
			{"chunkings", []string{"id", "blob", "language", "chunker", "chunks"}, chunkings},
			{"chunks", []string{"chunking", "ordinal", "start_byte", "end_byte", "start_line", "end_line", "kind", "symbol", "text"}, chunks},
			{"documents", []string{"id", "track", "path", "oid", "mode", "revision", "lane", "state", "chunking", "due_at"}, documents},
		} {
			if _, err := tx.CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, pgx.CopyFromRows(t.rows)); err != nil {
				return err
			}
		}
		return nil
	})
}

// BenchmarkUnchanged stores a batch that the catalog already has completely.
func BenchmarkUnchanged(b *testing.B) {
	w := newWorld(b)
	s := w.begin(b, "a")
	batch := w.benchBatch(s, 0)
	if err := w.PutFiles(b.Context(), batch); err != nil {
		b.Fatal(err)
	}
	batch.Pack, batch.Blobs, batch.Chunkings = nil, nil, nil
	for b.Loop() {
		if err := w.PutFiles(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*benchFiles/b.Elapsed().Seconds(), "docs/s")
}

// BenchmarkChanged stores batches of documents that all have new content. A trigger keeps the
// former documents; every second batch runs without it.
func BenchmarkChanged(b *testing.B) {
	w := newWorld(b)
	var took [2][]time.Duration
	for round := 0; b.Loop(); round++ {
		b.StopTimer()
		s := w.begin(b, fmt.Sprintf("%x", round))
		batch := w.benchBatch(s, round)
		for i := range batch.Files {
			f := w.document(fmt.Sprintf("%09d", i), "")
			batch.Files[i].ID, batch.Files[i].Path = f.ID, f.Path
		}
		w.exec(b, "alter table documents "+[]string{"enable", "disable"}[round%2]+" trigger documents_former")
		b.StartTimer()
		began := time.Now()
		if err := w.PutFiles(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
		took[round%2] = append(took[round%2], time.Since(began))
	}
	for i, name := range []string{"kept-ms", "without-ms"} {
		slices.Sort(took[i])
		if n := len(took[i]); n > 0 {
			b.ReportMetric(took[i][n/2].Seconds()*1000, name)
		}
	}
}

// BenchmarkMarkIndexed marks an indexer's batch.
func BenchmarkMarkIndexed(b *testing.B) {
	w := newWorld(b)
	s := w.begin(b, "a")
	batch := w.benchBatch(s, 0)
	if err := w.PutFiles(b.Context(), batch); err != nil {
		b.Fatal(err)
	}
	var current []catalog.Current
	for _, f := range batch.Files[:256] {
		current = append(current, catalog.Current{ID: f.ID, Revision: 1})
	}
	g := w.active(b)
	for b.Loop() {
		if _, err := w.MarkIndexed(b.Context(), g.Number, current); err != nil {
			b.Fatal(err)
		}
		if _, err := w.CompletedSnapshots(b.Context(), []uuid.UUID{w.track.ID}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*256/b.Elapsed().Seconds(), "docs/s")
}
