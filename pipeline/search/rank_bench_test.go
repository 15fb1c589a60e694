package search

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/vector"
)

// BenchmarkApply ranks the candidates of a query for ten hits, from 120 files.
func BenchmarkApply(b *testing.B) {
	words := []string{"parse", "Token", "buffer", "Index", "segment", "Header", "Query", "merge", "stream", "Cursor"}
	found := make([]vector.Hit, candidates(DefaultLimit))
	for i := range found {
		file := i / 2
		w := func(n int) string { return words[n%len(words)] }
		found[i] = vector.Hit{Score: 1 / float32(i+1), Payload: vector.Payload{
			Document: uuid.NewSHA1(uuid.Nil, fmt.Append(nil, file)), Ref: "refs/heads/main", Language: "Go", Kind: "function",
			Path: fmt.Sprintf("internal/%s/%s/%s_%s_%d.go", w(file), w(file/3), w(file/7), w(file/11), file), Symbol: w(i) + w(i/2) + w(i/3),
			Blob: fmt.Sprintf("%064x", file), StartByte: i % 2 * 900, EndByte: 900 + i%2*900, StartLine: 1 + i%2*30, EndLine: 30 + i%2*30,
		}}
	}
	b.ReportAllocs()
	for b.Loop() {
		list, err := newCandidates(found)
		if err != nil {
			b.Fatal(err)
		}
		if ranked := apply(signals, newQuestion("how does parseTokenBuffer merge the header"), list); len(ranked) != len(found) {
			b.Fatalf("%d of %d candidates", len(ranked), len(found))
		}
	}
}
