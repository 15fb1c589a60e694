package graph

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/google/uuid"
)

// edgesOfAFile returns as many edges as a file of a large repository has.
func edgesOfAFile() []byte {
	var edges []Edge
	for i := range 40 {
		sum := sha256.Sum256([]byte{byte(i / 8)})
		edges = append(edges, Edge{
			From: fmt.Sprintf("Mill.step%d", i/4), Name: fmt.Sprintf("Turn%d", i), Receiver: "Mill.wheel", Role: 1, Strategy: ByType, Count: 2, Lines: []int{10 + i, 90 + i},
			Targets: []Target{{uuid.UUID(sum[:16]), fmt.Sprintf("Wheel.Turn%d", i)}},
		})
	}
	return EncodeEdges(edges)
}

// BenchmarkEdges compares decoding all edges of a file with reading their ends alone.
func BenchmarkEdges(b *testing.B) {
	form := edgesOfAFile()
	b.Run("all", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if edges, err := DecodeEdges(form); err != nil || len(edges) != 40 {
				b.Fatal(len(edges), err)
			}
		}
	})
	b.Run("ends", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			n := 0
			if err := EachEnd(form, func(End) { n++ }); err != nil || n != 40 {
				b.Fatal(n, err)
			}
		}
	})
}
