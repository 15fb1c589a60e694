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
