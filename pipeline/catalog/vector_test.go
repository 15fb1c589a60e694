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
	missing := func(want int) []catalog.Text {
		t.Helper()
		texts, err := w.Vectors.Missing(t.Context(), chunkings, g.Embedder.ID)
		if err != nil || len(texts) != want {
			t.Fatalf("%d texts are missing, want %d (%v)", len(texts), want, err)
		}
		return texts
	}
	texts := missing(4)
	store := func(key string, texts ...catalog.Text) {
		t.Helper()
		var vectors []catalog.StoredVector
		for i, text := range texts {
			vectors = append(vectors, catalog.StoredVector{Text: text.SHA256, Span: catalog.Span{Offset: int64(i) * 12, Length: 12, CRC: 7}})
		}
		w.do(t, func(ctx context.Context) error {
			return w.Vectors.Put(ctx, g.Embedder.ID, catalog.Pack{Key: key, Size: 1}, vectors)
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
}
