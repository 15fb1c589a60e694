package embedder_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/leatworks/leat/pipeline/embedder"
)

// chunks are pieces of some 1,500 bytes of the standard library.
func chunks(tb testing.TB) ([]string, int64) {
	tb.Helper()
	var texts []string
	size := 0
	files, err := filepath.Glob(filepath.Join(runtime.GOROOT(), "src/net/http/*.go"))
	if err != nil || len(files) == 0 {
		tb.Skip("the standard library's source is not here")
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		for text := string(source); len(text) > 1500; text = text[1500:] {
			texts = append(texts, text[:1500])
			size += 1500
		}
	}
	return texts, int64(size)
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

// BenchmarkFloor is the least that reading each byte costs: strings.Fields,
// which splits at spaces and does nothing else.
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
