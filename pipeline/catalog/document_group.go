package catalog

import "slices"

// Chunkings returns the chunkings of documents, each once, in ascending order.
func Chunkings(docs []Document) []int64 {
	ids := make([]int64, len(docs))
	for i, d := range docs {
		ids[i] = d.Chunking
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Groups splits documents, in their order, into groups whose sizes add up to at most limit. A document that is larger
// than limit has a group of its own.
func Groups(docs []Document, limit int, size func(Document) int) [][]Document {
	var groups [][]Document
	first, sum := 0, 0
	for i, d := range docs {
		if n := size(d); i > first && sum+n > limit {
			groups = append(groups, docs[first:i])
			first, sum = i, n
		} else {
			sum += n
		}
	}
	if first < len(docs) {
		groups = append(groups, docs[first:])
	}
	return groups
}
