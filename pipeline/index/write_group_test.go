package index

import (
	"testing"

	"github.com/leatworks/leat/pipeline/catalog"
)

// Law 10: the points in memory together are bounded, except for a single larger document.
func TestAGroupFitsIntoMemory(t *testing.T) {
	var docs []catalog.Document
	for i := range 1000 {
		chunks := i % 50
		if i%100 == 99 {
			chunks = groupPoints + 1
		}
		docs = append(docs, catalog.Document{Chunking: int64(i), Chunks: chunks})
	}
	next := int64(0)
	for _, group := range groupsOfPoints(docs) {
		points := 0
		for _, d := range group {
			if d.Chunking != next {
				t.Fatalf("document %d comes after %d", d.Chunking, next-1)
			}
			next++
			points += d.Chunks
		}
		if points > groupPoints && len(group) > 1 {
			t.Errorf("%d documents of %d points are in one group", len(group), points)
		}
	}
	if next != 1000 {
		t.Errorf("%d documents are in groups, want 1000", next)
	}
}
