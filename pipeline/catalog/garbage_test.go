package catalog_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
)

// collect drops what no document refers to, with no grace.
func (w *world) collect(t testing.TB) {
	t.Helper()
	w.do(t, func(ctx context.Context) error {
		if _, _, err := w.Garbage.MarkUnused(ctx, 0, 1000); err != nil {
			return err
		}
		if _, _, err := w.Garbage.DropUnused(ctx, 0, 1000); err != nil {
			return err
		}
		_, _, err := w.Garbage.DropUnusedBlobs(ctx, []byte{}, 1000)
		return err
	})
}

func pack(name string) catalog.Pack {
	return catalog.Pack{Key: "text/" + name, Size: 1, SHA256: sha256.Sum256([]byte(name))}
}

// batch returns a batch of one file whose content goes into a pack of that name.
func (w *world) batch(s catalog.Snapshot, path, content, name string) catalog.FileBatch {
	f, p := w.document(path, content), pack(name)
	return catalog.FileBatch{
		Snapshot: s, Chunker: chunker, Files: []catalog.File{f.File}, Pack: &p,
		Blobs:     []catalog.Blob{newBlob(content, 0)},
		Chunkings: []catalog.Chunking{{ChunkingKey: f.Content, Chunks: cut(content)}},
	}
}

// Content may be known when a writer looks and gone when it writes. Then that write alone fails,
// and the writer looks again.
func TestContentThatVanishesFailsThePut(t *testing.T) {
	for name, forget := range map[string]func(*catalog.FileBatch){
		"its chunking was known": func(b *catalog.FileBatch) { b.Blobs, b.Chunkings, b.Pack = nil, nil, nil },
		"its blob was known":     func(b *catalog.FileBatch) { b.Blobs, b.Pack = nil, nil },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			s := w.begin(t, "one")
			w.put(t, s, w.document("a.go", "content"))
			w.exec(t, "delete from documents")
			w.collect(t)
			b := w.batch(s, "b.go", "content", "p")
			forget(&b)
			if err := w.PutFiles(t.Context(), b); !errors.Is(err, catalog.ErrVanished) {
				t.Errorf("put: %v, want ErrVanished", err)
			}
			if err := w.PutFiles(t.Context(), w.batch(s, "b.go", "content", "q")); err != nil {
				t.Errorf("put again: %v", err)
			}
		})
	}
}

func TestADeletedPacksKeyIsNotUsedAgain(t *testing.T) {
	w := newWorld(t)
	s := w.begin(t, "one")
	if err := w.PutFiles(t.Context(), w.batch(s, "a.go", "one", "p")); err != nil {
		t.Fatal(err)
	}
	if marked, err := w.Packs.MarkDeleted(t.Context(), []string{"text/p"}); err != nil || len(marked) > 0 {
		t.Errorf("a pack in use was marked: %v %v", marked, err)
	}
	if orphans, err := w.Packs.MarkOrphans(t.Context(), []catalog.Pack{pack("p"), pack("orphan")}); err != nil || len(orphans) != 1 || orphans[0] != "text/orphan" {
		t.Errorf("orphans: %v %v", orphans, err)
	}
	w.exec(t, "delete from documents")
	w.collect(t)
	if marked, err := w.Packs.MarkDeleted(t.Context(), []string{"text/p"}); err != nil || len(marked) != 1 {
		t.Errorf("an empty pack was not marked: %v %v", marked, err)
	}
	for _, name := range []string{"p", "orphan"} {
		if err := w.PutFiles(t.Context(), w.batch(s, "b.go", "two", name)); !errors.Is(err, catalog.ErrVanished) {
			t.Errorf("put into the deleted pack %s: %v, want ErrVanished", name, err)
		}
	}
	w.do(t, func(ctx context.Context) error { return w.Packs.MarkGone(ctx, []string{"text/p"}) })
	w.do(t, w.Packs.Forget)
	if err := w.PutFiles(t.Context(), w.batch(s, "b.go", "two", "p")); !errors.Is(err, catalog.ErrVanished) {
		t.Errorf("put into a pack that has just gone: %v, want ErrVanished", err)
	}
	w.exec(t, "update packs set deleted_at = deleted_at - $1::interval, gone_at = gone_at - $1::interval", catalog.DeletedPackKept+time.Hour)
	w.do(t, w.Packs.Forget)
	if err := w.PutFiles(t.Context(), w.batch(s, "b.go", "two", "p")); err != nil {
		t.Errorf("put into a pack that was forgotten: %v", err)
	}
}

// A pack that a writer is recording looks empty to everybody else. The
// collector waits for the writer, and looks then.
func TestMarkingWaitsForAWriter(t *testing.T) {
	w := newWorld(t)
	blob := sha256.Sum256([]byte("blob"))
	w.exec(t, "insert into packs (key, kind, size, sha256) values ('text/p', 'text', 1, $1)", blob[:])
	tx, err := w.sql.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	if _, err := tx.Exec(t.Context(), "insert into packs as p (key, kind, size, sha256) values ('text/p', 'text', 1, $1) on conflict (key) do update set kind = p.kind", blob[:]); err != nil {
		t.Fatal(err)
	}
	type result struct {
		marked []string
		err    error
	}
	done := make(chan result, 1)
	go func() {
		marked, err := w.Packs.MarkDeleted(t.Context(), []string{"text/p"})
		done <- result{marked, err}
	}()
	w.eventually(t, "select exists (select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database())")
	if _, err := tx.Exec(t.Context(), "insert into blobs select $1, 1, id, 0, 1, 0 from packs where key = 'text/p'", blob[:]); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := <-done; r.err != nil || len(r.marked) > 0 {
		t.Errorf("a pack was marked under its writer: %v %v", r.marked, r.err)
	}
}

// The collector neither waits for content that a writer is referring to, nor drops it.
func TestDroppingSkipsWhatAWriterRefersTo(t *testing.T) {
	w := newWorld(t)
	w.list(t, "one", w.document("a.go", "content"))
	w.list(t, "two")
	if _, _, err := w.Garbage.MarkUnused(t.Context(), 0, 1000); err != nil {
		t.Fatal(err)
	}
	w.exec(t, "delete from documents")
	tx, err := w.sql.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// A foreign key locks the row in this way.
	if _, err := tx.Exec(t.Context(), "select from chunkings for key share"); err != nil {
		t.Fatal(err)
	}
	if looked, dropped, err := w.Garbage.DropUnused(t.Context(), 0, 1000); err != nil || looked != 0 || dropped != 0 {
		t.Errorf("under a writer %d were looked at and %d dropped: %v", looked, dropped, err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.collect(t)
	if n := value[int](t, w, "select (select count(*) from chunkings) + (select count(*) from blobs) + (select count(*) from chunks)"); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}
