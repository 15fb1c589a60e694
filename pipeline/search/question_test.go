package search

import (
	"slices"
	"strings"
	"testing"

	"github.com/leatworks/leat/pipeline/embedder"
)

// TestSpotComparesTheWholePath checks that a spot, which is put together from a directory and a name, equals a
// comparison of every word of the whole path with every word of the query.
func TestSpotComparesTheWholePath(t *testing.T) {
	paths := []string{
		"", "README.md", "a/b/c.go", "internal/configs/LoadHTTPConfig_test.go", "internal/configs/loader.go", "unit-tests/loggers/x.py",
		"docs/configuration.rst", "検索/エンジン設定.md", "检索/a", strings.Repeat("deep/config/", 40) + "logging.c", "URLs.go", "a/URLs_.go", "x-/-y.go", "näive/Größe.ts",
	}
	for _, text := range []string{"how does the HTTP configuration load", "logging urls test", "検索エンジン", "naive größen deep"} {
		q := newQuestion(text)
		for _, path := range slices.Concat(paths, paths) {
			all := wordsOf(path, maxWords)
			var want uint64
			for i, w := range q.words {
				if slices.ContainsFunc(all, w.related) {
					want |= 1 << i
				}
			}
			got := q.spot(path)
			if got.inPath != want || got.role != roleOf(path) {
				t.Errorf("%q in %q: words %b, want %b; role %d, want %d", text, path, got.inPath, want, got.role, roleOf(path))
			}
			names := embedder.Words(stemOfFile(path[strings.LastIndexByte(path, '/')+1:]), maxWords)
			held := 0
			for _, name := range names {
				if slices.ContainsFunc(q.words, newWord(name).related) {
					held++
				}
			}
			if share := float64(held) / float64(max(1, len(names))); got.inName != share {
				t.Errorf("%q in %q: the name's share is %v, want %v", text, path, got.inName, share)
			}
		}
	}
}
