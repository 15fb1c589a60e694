package embed

import (
	"testing"

	"github.com/leatworks/leat/pipeline/catalog"
)

// Law 10: the blobs in memory together are bounded, except for a single larger blob.
func TestAGroupFitsIntoMemory(t *testing.T) {
	var docs []catalog.Document
	for i := range 1000 {
		size := int32(i * 100)
		if i%100 == 99 {
			size = groupBytes + 1
		}
		docs = append(docs, catalog.Document{Chunking: int64(i), Span: catalog.Span{Size: size}})
	}
	next := int64(0)
	for _, group := range groupsOfBlobs(docs) {
		size := 0
		for _, d := range group {
			if d.Chunking != next {
				t.Fatalf("document %d comes after %d", d.Chunking, next-1)
			}
			next++
			size += int(d.Span.Size)
		}
		if size > groupBytes && len(group) > 1 {
			t.Errorf("%d documents of %d bytes are in one group", len(group), size)
		}
	}
	if next != 1000 {
		t.Errorf("%d documents are in groups, want 1000", next)
	}
}
