package catalog_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/catalog"
)

func (w *world) count(t testing.TB, table string) int {
	t.Helper()
	return value[int](t, w, "select count(*) from "+table)
}

func TestSameContentIsPaidForOnce(t *testing.T) {
	w := newWorld(t)
	a, copied := w.document("a", "the content"), w.document("copy", "the content")
	other := documentOf(w.track, "a.c", "the content", "C") // cut in another way
	w.list(t, "first", a, copied, other)
	if blobs, chunkings, chunks := w.count(t, "blobs"), w.count(t, "chunkings"), w.count(t, "chunks"); blobs != 1 || chunkings != 2 || chunks != 6 {
		t.Errorf("%d blobs, %d chunkings, %d chunks; want 1, 2, 6", blobs, chunkings, chunks)
	}
	// Neither a rename nor another tenant's fork stores anything.
	renamed := w.document("renamed", "the content")
	w.list(t, "second", renamed, other)
	fork := w.newTrack(t, "other", "https://example.org/fork", "refs/heads/main")
	s, err := w.BeginSnapshot(t.Context(), fork, commit("fork"), rules("", ""), 0, live)
	if err != nil {
		t.Fatal(err)
	}
	w.put(t, s, documentOf(fork, "a", "the content", "Go"))
	if n := w.count(t, "chunks"); n != 6 {
		t.Errorf("%d chunks, want 6 as before", n)
	}
	known, err := w.Known(t.Context(), []catalog.ChunkingKey{a.Content, other.Content, {Blob: [32]byte{1}}}, chunker)
	if err != nil || len(known.Blobs) != 1 || len(known.Chunkings) != 2 {
		t.Errorf("known = %+v, %v", known, err)
	}
	if known, err = w.Known(t.Context(), []catalog.ChunkingKey{a.Content}, chunker+1); err != nil || len(known.Blobs) != 1 || len(known.Chunkings) != 0 {
		t.Errorf("known to another chunker = %+v, %v", known, err)
	}
}

func TestUnchangedKeepsItsState(t *testing.T) {
	w := newWorld(t)
	a, skipped := w.document("a", "x"), w.skipped("b", "y", "binary")
	w.list(t, "first", a, skipped)
	w.finish(t, 1, a)
	w.list(t, "second", a, skipped)
	w.is(t, a.ID, "indexed", 1, 1, "")
	w.is(t, skipped.ID, "skipped", 1, 0, "")
}

func TestChangedIsOwedAgain(t *testing.T) {
	w := newWorld(t)
	a := w.document("a", "x")
	w.list(t, "first", a)
	w.is(t, a.ID, "chunked", 1, 0, "soon")
	w.finish(t, 1, a)
	w.list(t, "second", w.document("a", "changed"))
	w.is(t, a.ID, "chunked", 2, 1, "soon") // the points of 1 are to be taken back
	w.list(t, "third", w.document("a", "changed again"))
	w.is(t, a.ID, "chunked", 3, 2, "soon") // an indexer may be writing those of 2
}

func TestModeAlone(t *testing.T) {
	w := newWorld(t)
	a := w.document("a", "x")
	w.list(t, "first", a)
	w.finish(t, 1, a)
	a.Mode = 0o100755
	w.list(t, "second", a)
	w.is(t, a.ID, "indexed", 1, 1, "")
	known, err := w.KnownFiles(t.Context(), []uuid.UUID{a.ID, uuid.New()})
	if k := known[a.ID]; err != nil || len(known) != 1 || k.Mode != 0o100755 || k.Revision != 1 || !bytes.Equal(k.OID, a.OID) {
		t.Errorf("known = %+v, %v", known, err)
	}
}

func TestDocumentSkippedAndBack(t *testing.T) {
	w := newWorld(t)
	a, skipped := w.document("a", "x"), w.skipped("a", "y", "too large")
	w.list(t, "first", a)
	w.finish(t, 1, a)
	w.list(t, "second", skipped)
	w.is(t, a.ID, "skipped", 2, 1, "soon") // its points are to go
	w.list(t, "third", a)
	w.is(t, a.ID, "chunked", 3, 1, "soon")
	w.finish(t, 3, a)
	w.list(t, "fourth", skipped)
	if _, err := w.MarkCleared(t.Context(), w.active(t).Number, []catalog.Current{{ID: a.ID, Revision: 4}}); err != nil {
		t.Fatal(err)
	}
	w.is(t, a.ID, "skipped", 4, 0, "")
	w.list(t, "fifth", a)
	w.is(t, a.ID, "chunked", 5, 0, "soon")
}

// People read the reason that belongs to the present content. A listing that was cut
// short under other rules does not count as a look by the present rules.
func TestSkippedAnew(t *testing.T) {
	w := newWorld(t)
	w.list(t, "first", w.skipped("a", "x", "too large"))
	larger := w.skipped("a", "larger", "too large")
	w.list(t, "second", larger)
	w.is(t, larger.ID, "skipped", 2, 0, "")
	larger.SkipDetail = "another limit"
	w.list(t, "third", larger)
	w.is(t, larger.ID, "skipped", 3, 0, "")
	skipped, err := w.Flow.SkippedFiles(t.Context(), w.track.Repository, uuid.Nil, 10)
	if err != nil || len(skipped) != 1 || skipped[0].Detail != "another limit" || skipped[0].Reason != "too large" {
		t.Errorf("skipped = %+v, %v", skipped, err)
	}
}

func TestRemovedAndBack(t *testing.T) {
	w := newWorld(t)
	a, skipped := w.document("a", "x"), w.skipped("b", "y", "binary")
	w.list(t, "first", a, skipped)
	w.finish(t, 1, a)
	w.list(t, "second")
	w.is(t, a.ID, "removed", 2, 1, "soon")
	if w.row(t, skipped.ID) != nil {
		t.Error("a skipped file without points stays after it left the track")
	}
	if known, err := w.KnownFiles(t.Context(), []uuid.UUID{a.ID}); err != nil || len(known) != 0 {
		t.Errorf("a removed file is known: %+v, %v", known, err)
	}
	w.list(t, "third", a)
	w.is(t, a.ID, "chunked", 3, 2, "soon")
	w.list(t, "fourth")
	if _, err := w.DropRemoved(t.Context(), w.active(t).Number, []catalog.Current{{ID: a.ID, Revision: 4}}); err != nil {
		t.Fatal(err)
	}
	if w.row(t, a.ID) != nil {
		t.Error("a removed document without points stays")
	}
	w.list(t, "fifth", a)
	w.is(t, a.ID, "chunked", 5, 0, "soon")
}

// A push of a new content is another chance, and a new count of attempts.
func TestFailedAndPutAgain(t *testing.T) {
	w := newWorld(t)
	a := w.document("a", "x")
	w.list(t, "first", a)
	w.do(t, func(ctx context.Context) error {
		return w.BuryDocument(ctx, catalog.Current{ID: a.ID, Revision: 1}, "r")
	})
	w.is(t, a.ID, "failed", 1, 0, "infinity")
	w.list(t, "second", a)
	w.is(t, a.ID, "chunked", 2, 1, "soon")
	if r := w.row(t, a.ID); r.Attempts != 0 || r.Error != "" {
		t.Errorf("row = %+v", r)
	}
}

// The newest revision wins, in whatever order the writes come.
func TestOlderRevisionChangesNothing(t *testing.T) {
	w := newWorld(t)
	a := w.document("a", "newer")
	w.list(t, "first", a)
	older := w.begin(t, "second")
	w.exec(t, `insert into snapshots (track, revision, commit, config, rules, lane, state)
		select track, 9, commit, config, rules, lane, 'superseded' from snapshots where revision = 1`)
	w.exec(t, "update documents set revision = 9")
	w.put(t, older, w.document("a", "older"))
	w.do(t, func(ctx context.Context) error { return w.RemoveFiles(ctx, older, []uuid.UUID{a.ID}) })
	w.is(t, a.ID, "chunked", 9, 0, "soon")
	if !bytes.Equal(w.row(t, a.ID).OID, a.OID) {
		t.Error("an older revision has touched the object id")
	}
}

func TestOddFiles(t *testing.T) {
	w := newWorld(t)
	empty := w.document("empty", "")
	newline := w.document("a\nb\x01 \"'", "x")
	w.list(t, "first", empty, newline, w.skipped("\xff\xfe", "y", "path is not UTF-8"))
	docs, err := w.Documents(t.Context(), []uuid.UUID{empty.ID, newline.ID})
	if err != nil || len(docs) != 2 {
		t.Fatalf("documents: %+v, %v", docs, err)
	}
	for _, d := range docs {
		want := 1
		if d.ID == empty.ID {
			want = 0
		}
		if d.Chunks != want || (d.Span == catalog.Span{}) != (d.ID == empty.ID) {
			t.Errorf("document %q has %d chunks at %+v", d.Path, d.Chunks, d.Span)
		}
	}
	w.finish(t, 1, empty, newline)
}

func TestPutFilesRejectsWhatNoTreeHolds(t *testing.T) {
	w := newWorld(t)
	s := w.begin(t, "a")
	assertKind(t, put(t.Context(), w.Catalog, s, w.document("a", "x"), w.document("a", "y")), fault.KindReject)
	assertKind(t, put(t.Context(), w.Catalog, s, w.document("\xff", "x")), fault.KindReject)
	f := w.document("a", "x")
	if err := w.PutFiles(t.Context(), catalog.FileBatch{Snapshot: s, Chunker: chunker, Files: []catalog.File{f.File}}); err == nil {
		t.Error("a document without its content is stored")
	}
	if err := w.PutFiles(t.Context(), catalog.FileBatch{Snapshot: s, Blobs: []catalog.Blob{newBlob("x", 0)}}); err == nil {
		t.Error("a blob without its pack is stored")
	}
	if n := w.count(t, "documents") + w.count(t, "blobs"); n != 0 {
		t.Errorf("%d rows are left of what was refused", n)
	}
}

// Names in a repository are text from outside, and every such text can be stored.
func TestForeignTextIsStorable(t *testing.T) {
	w := newWorld(t)
	s := w.begin(t, "a")
	f, skipped := w.document("a", "x"), w.skipped("b", "y", "pattern")
	skipped.SkipDetail = "\xff\x00"
	chunks := cut("x")
	chunks[0].Symbol = "a\x00b\xff"
	w.do(t, func(ctx context.Context) error {
		return w.PutFiles(ctx, catalog.FileBatch{
			Snapshot: s, Chunker: chunker, Files: []catalog.File{f.File, skipped.File}, Pack: &catalog.Pack{Key: "k", Size: 1},
			Blobs: []catalog.Blob{newBlob("x", 0)}, Chunkings: []catalog.Chunking{{ChunkingKey: f.Content, Chunks: chunks}},
		})
	})
	if symbol := value[string](t, w, "select symbol from chunks"); symbol != "a\uFFFDb\uFFFD" {
		t.Errorf("symbol = %q", symbol)
	}
}

// The caller's slices stay as they are.
func TestPutFilesLeavesTheBatchAlone(t *testing.T) {
	w := newWorld(t)
	var batch catalog.FileBatch
	batch.Snapshot, batch.Chunker, batch.Pack = w.begin(t, "a"), chunker, &catalog.Pack{Key: "k", Size: 1}
	for i := range 20 {
		f := w.document(fmt.Sprint(i), fmt.Sprint(i))
		batch.Files = append(batch.Files, f.File)
		batch.Blobs = append(batch.Blobs, newBlob(f.content, i))
		batch.Chunkings = append(batch.Chunkings, catalog.Chunking{ChunkingKey: f.Content, Chunks: cut(f.content)})
	}
	w.do(t, func(ctx context.Context) error { return w.PutFiles(ctx, batch) })
	for i, f := range batch.Files {
		if string(f.Path) != fmt.Sprint(i) || batch.Chunkings[i].ChunkingKey != f.Content || batch.Blobs[i].SHA256 != f.Content.Blob {
			t.Fatalf("item %d has moved", i)
		}
	}
}

// Workers store the same contents at once, and mark and remove the same documents
// meanwhile. They wait for each other, but never in a circle.
func TestPutFilesTogether(t *testing.T) {
	w := newWorld(t)
	const workers, rounds, most = 8, 4, 24
	var tracks [2]catalog.Track
	var snapshots [2]catalog.Snapshot
	for i := range tracks {
		tracks[i] = w.newTrack(t, "default", fmt.Sprint("https://example.org/", i), "refs/heads/main")
		s, err := w.BeginSnapshot(t.Context(), tracks[i], commit("a"), rules("", ""), 0, live)
		if err != nil {
			t.Fatal(err)
		}
		snapshots[i] = s
	}
	together(t, workers, func(ctx context.Context, worker int) error {
		track, s := tracks[worker%2], snapshots[worker%2]
		for round := range rounds {
			var files []file
			var current []catalog.Current
			var ids []uuid.UUID
			for _, i := range rand.Perm(most)[:most/2] {
				// The same contents in each round, in any track, in any order.
				f := documentOf(track, fmt.Sprint(i), strings.Repeat(fmt.Sprint(round, i), i), "Go")
				files = append(files, f)
				current = append(current, catalog.Current{ID: f.ID, Revision: s.Revision})
				ids = append(ids, f.ID)
			}
			err := put(ctx, w.Catalog, s, files...)
			if err == nil {
				err = w.MarkEmbedded(ctx, w.active(t).Embedder.ID, current)
			}
			if err == nil {
				_, err = w.MarkIndexed(ctx, w.active(t).Number, current)
			}
			if err == nil {
				err = w.Lease(ctx, ids)
			}
			if err == nil && round%2 == 1 {
				err = w.RemoveFiles(ctx, s, ids[:len(ids)/2])
			}
			if err == nil {
				_, err = w.DropRemoved(ctx, w.active(t).Number, current)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if n := value[int](t, w, "select count(*) from (select blob, language, chunker from chunkings group by 1, 2, 3 having count(*) > 1) twice"); n != 0 {
		t.Errorf("%d contents were chunked twice", n)
	}
	if n := value[int](t, w, "select count(*) from chunkings k where chunks <> (select count(*) from chunks c where c.chunking = k.id)"); n != 0 {
		t.Errorf("%d chunkings do not have the chunks that they say", n)
	}
}
