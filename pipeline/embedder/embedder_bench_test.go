package embedder_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leatworks/leat/pipeline/embedder"
)

// chunks returns pieces of 1,500 bytes of this repository's Go source, and their size in bytes.
func chunks(tb testing.TB) ([]string, int64) {
	tb.Helper()
	const size = 1500
	var texts []string
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		source, err := os.ReadFile(path)
		for text := string(source); len(text) > size; text = text[size:] {
			texts = append(texts, text[:size])
		}
		return err
	})
	if err != nil || len(texts) == 0 {
		tb.Fatalf("read the repository: %d chunks, %v", len(texts), err)
	}
	return texts, int64(len(texts) * size)
}

func BenchmarkEmbedAndTerms(b *testing.B) {
	texts, size := chunks(b)
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := (embedder.Local{}).Embed(b.Context(), texts, embedder.Document); err != nil {
			b.Fatal(err)
		}
		for _, text := range texts {
			embedder.Terms(text)
		}
	}
}

func BenchmarkEmbed(b *testing.B) {
	texts, size := chunks(b)
	b.SetBytes(size)
	for b.Loop() {
		if _, err := (embedder.Local{}).Embed(b.Context(), texts, embedder.Document); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTerms(b *testing.B) {
	texts, size := chunks(b)
	b.SetBytes(size)
	for b.Loop() {
		for _, text := range texts {
			embedder.Terms(text)
		}
	}
}

// BenchmarkFloor measures strings.Fields, which splits at spaces and does nothing else. No lexer that reads each byte
// is much faster.
func BenchmarkFloor(b *testing.B) {
	texts, size := chunks(b)
	b.SetBytes(size)
	for b.Loop() {
		for _, text := range texts {
			for range strings.FieldsSeq(text) {
			}
		}
	}
}

func BenchmarkDecodeVector(b *testing.B) {
	text := strings.Repeat("parseHTTPHeader reads the header fields of a request\n", 20)
	dense, err := embedder.Local{}.Embed(b.Context(), []string{text}, embedder.Document)
	if err != nil {
		b.Fatal(err)
	}
	record, err := embedder.Vector{Dense: dense[0], Sparse: embedder.Terms(text)}.AppendBinary(nil)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(record)))
	for b.Loop() {
		if _, err := embedder.DecodeVector(record); err != nil {
			b.Fatal(err)
		}
	}
}
