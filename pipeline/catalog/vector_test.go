package catalog_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
)

func TestTextsAndVectors(t *testing.T) {
	w := newWorld(t)
	g, err := w.Generations.Ensure(t.Context(), "leat", catalog.Embedder{Name: "e", Dimensions: 3, Distance: "dot"})
	if err != nil {
		t.Fatal(err)
	}
	a, b := w.document("a", "aaaabbbbcc"), w.document("b", "bbbb")
	w.list(t, "first", a, b, w.document("empty", ""))
	docs, err := w.Documents(t.Context(), []uuid.UUID{a.ID, b.ID})
	if err != nil {
		t.Fatal(err)
	}
	chunkings := []int64{docs[0].Chunking, docs[1].Chunking}
	version := 1 // of the term weights
	missing := func(want int) []catalog.Text {
		t.Helper()
		texts, err := w.Vectors.Missing(t.Context(), chunkings, g.Embedder.ID, version)
		if err != nil || len(texts) != want {
			t.Fatalf("%d texts are missing, want %d (%v)", len(texts), want, err)
		}
		return texts
	}
	texts := missing(4)
	for _, text := range texts {
		if text.Embedded() {
			t.Errorf("text %x has a vector", text.SHA256)
		}
	}
	store := func(key string, texts ...catalog.Text) {
		t.Helper()
		var vectors []catalog.StoredVector
		for i, text := range texts {
			vectors = append(vectors, catalog.StoredVector{Text: text.SHA256, Span: catalog.Span{Offset: int64(i) * 12, Length: 12, CRC: 7}})
		}
		w.do(t, func(ctx context.Context) error {
			return w.Vectors.Put(ctx, g.Embedder.ID, version, catalog.Pack{Key: key, Size: 1}, vectors)
		})
	}
	store("vector/1", texts[0])
	store("vector/2", texts...) // another embedder was faster with the first
	missing(0)
	list, err := w.Vectors.OfChunkings(t.Context(), g.Embedder.ID, chunkings)
	if err != nil || len(list) != 4 {
		t.Fatalf("%d chunks have vectors (%v)", len(list), err)
	}
	for i, c := range list {
		if i > 0 && list[i-1].Chunking == c.Chunking && list[i-1].Ordinal != c.Ordinal-1 {
			t.Errorf("chunk %d follows %d", c.Ordinal, list[i-1].Ordinal)
		}
		if c.Vector.Length != 12 || c.Vector.CRC != 7 {
			t.Errorf("vector = %+v", c.Vector)
		}
	}
	if n := w.count(t, "vectors"); n != 3 { // bbbb is one text
		t.Errorf("%d vectors, want 3", n)
	}
	version = 2
	for _, text := range missing(4) {
		if text.Old.Length != 12 || text.Old.CRC != 7 || !text.Embedded() {
			t.Errorf("the record of %x is %+v", text.SHA256, text.Old)
		}
	}
	store("vector/3", texts[0])
	missing(4 - sharing(texts, texts[0]))
	version = 1
	store("vector/4", texts...) // by a worker of the older version: too late
	version = 2
	missing(4 - sharing(texts, texts[0]))
	store("vector/5", texts...)
	missing(0)
	if list, err = w.Vectors.OfChunkings(t.Context(), g.Embedder.ID, chunkings); err != nil || len(list) != 4 {
		t.Fatalf("%d chunks have vectors (%v)", len(list), err)
	}
	for _, c := range list {
		if c.Vector.Object != "vector/3" && c.Vector.Object != "vector/5" {
			t.Errorf("chunk %d has the vector of %s", c.Ordinal, c.Vector.Object)
		}
	}
}

// sharing counts the texts that are equal to one.
func sharing(texts []catalog.Text, one catalog.Text) (n int) {
	for _, text := range texts {
		if text.SHA256 == one.SHA256 {
			n++
		}
	}
	return n
}

// A worker reads the chunks and vectors of the documents that it has in hand, even while the tables
// are young and Postgres knows nothing about them. It would take one vector in 200 for an embedder's.
func TestVectorsAreFoundWithoutStatistics(t *testing.T) {
	w := newWorld(t)
	g := w.active(t)
	const chunks = 5 // of a chunking
	for _, table := range []string{"packs", "chunkings", "chunks", "vectors"} {
		w.exec(t, "alter table "+table+" set (autovacuum_enabled = false)")
	}
	w.exec(t, `insert into packs (key, kind, size, sha256) select 'p/' || n, 'text', 1, sha256('') from generate_series(1, 1000) n`)
	w.exec(t, `insert into blobs (sha256, size, pack, position, length, crc32c) select sha256(id::text::bytea), 1, id, 0, 1, 0 from packs`)
	w.exec(t, `insert into chunkings (blob, language, chunker, chunks) select sha256, '', 1, $1 from blobs`, chunks)
	w.exec(t, `insert into chunks select k.id, o, o, o + 1, 1, 1, '', '', sha256((k.id || '/' || o)::bytea) from chunkings k, generate_series(0, $1 - 1) o`, chunks)
	w.exec(t, `insert into vectors select $1, c.text, (select min(id) from packs), 0, 1, 0, 1 from chunks c`, g.Embedder.ID)
	ids := value[[]int64](t, w, "select array(select id from chunkings order by id limit 20)")
	for name, find := range map[string]func(context.Context, *catalog.Catalog) (int, error){
		"texts without a vector": func(ctx context.Context, c *catalog.Catalog) (int, error) {
			texts, err := c.Vectors.Missing(ctx, ids, g.Embedder.ID, 2)
			return len(texts), err
		},
		"vectors": func(ctx context.Context, c *catalog.Catalog) (int, error) {
			vectors, err := c.Vectors.OfChunkings(ctx, g.Embedder.ID, ids)
			return len(vectors), err
		},
	} {
		entries, rows := w.readBy(t, "%", func(ctx context.Context, c *catalog.Catalog) error {
			found, err := find(ctx, c)
			if want := len(ids) * chunks; found != want {
				t.Errorf("%d %s are found, want %d", found, name, want)
			}
			return err
		})
		if most := int64(4 * len(ids) * chunks); entries+rows > most {
			t.Errorf("finding %s reads %d entries and %d rows, want at most %d", name, entries, rows, most)
		}
	}
}
