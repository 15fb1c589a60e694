package catalog_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/leatworks/leat/pipeline/catalog"
)

// Only a group of one document exceeds the limit, the documents keep their order,
// and no group could have taken the next document too.
func TestGroupsAreBounded(t *testing.T) {
	const limit = 100
	size := func(d catalog.Document) int { return d.Chunks }
	sum := func(docs []catalog.Document) (n int) {
		for _, d := range docs {
			n += size(d)
		}
		return n
	}
	rapid.Check(t, func(t *rapid.T) {
		docs := rapid.SliceOf(rapid.Custom(func(t *rapid.T) catalog.Document {
			return catalog.Document{
				Chunking: rapid.Int64().Draw(t, "chunking"),
				Chunks:   rapid.OneOf(rapid.IntRange(0, 50), rapid.IntRange(limit-1, limit+1)).Draw(t, "size"),
			}
		})).Draw(t, "documents")
		groups := catalog.Groups(docs, limit, size)
		if all := slices.Concat(groups...); !slices.Equal(all, docs) {
			t.Fatalf("%d documents in groups are not the %d, or not in their order", len(all), len(docs))
		}
		for i, group := range groups {
			switch {
			case len(group) == 0:
				t.Fatalf("group %d is empty", i)
			case sum(group) > limit && len(group) > 1:
				t.Fatalf("group %d has %d documents of size %d", i, len(group), sum(group))
			case i+1 < len(groups) && sum(group)+size(groups[i+1][0]) <= limit:
				t.Fatalf("group %d of size %d ends before a document of size %d", i, sum(group), size(groups[i+1][0]))
			}
		}
	})
}

func TestChunkingsAreEachListedOnce(t *testing.T) {
	docs := []catalog.Document{{Chunking: 7}, {Chunking: 3}, {Chunking: 7}, {Chunking: 5}, {Chunking: 3}}
	if got, want := catalog.Chunkings(docs), []int64{3, 5, 7}; !slices.Equal(got, want) {
		t.Errorf("got %d, want %d", got, want)
	}
	if got := catalog.Chunkings(nil); len(got) != 0 {
		t.Errorf("no documents have the chunkings %d", got)
	}
}
