package chunk

import (
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/race"
)

// bombs lists texts whose repetition costs the reader of layouts work or memory.
var bombs = []string{
	"def a do\n", "class a {\n", "module A = struct\n", "{-", "(*", "/*", `"""`, "''", "function f(\n", "a\n", "a =\n", "a.b = {\n", "a :: b\n", "-a(\n", "[", " \t", "x: y\n",
	"sub a {\n", "(def a\n", "end\n", "}\n", "@interface A\n", "@end\n", "type a\n", "define A\n", "\"a\" = ''\n", "let a = let b =", "func a(b: ", "FROM a AS b\n", "{% block a %}", "{% block a %}\n", "<script>\n", "@code {\n", "@code {\n}\n",
	"<script>\na\n</script>\n", "<style>\na{}\n</style>\n", "<h1>a</h1>", "<h2>\n",
	"mapping(", "private static ", "a<", "const ", "((((", "#[[", "\n", "é\n",
}

// TestBombs cuts texts of up to 256 KiB that repeat one thing, in every language that is cut
// without a parser. Work and memory are in proportion to the bytes.
func TestBombs(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	large := scaled(scaled(256 << 10))
	languages := slices.Concat(slices.Sorted(maps.Keys(layouts)), slices.Sorted(maps.Keys(templates)), []string{"Dockerfile", "Vue"})
	for _, language := range languages {
		for i, bomb := range bombs {
			size := scaled(scaled(16 << 10))
			if i%8 == len(language)%8 { // the large ones take turns
				size = large
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			check(t, language, []byte(strings.Repeat(bomb, size/len(bomb))))
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			if took > 20*time.Second {
				t.Errorf("%s: %d bytes of %q took %s", language, size, bomb, took)
			}
			// The race detector has pools forget what they hold.
			if used := after.TotalAlloc - before.TotalAlloc; !race.On && used > uint64(size)*3000+1<<24 {
				t.Errorf("%s: %d bytes of %q took %d MiB", language, size, bomb, used>>20)
			}
		}
	}
}

// TestDeepLayouts deepens definitions from line to line.
func TestDeepLayouts(t *testing.T) {
	for _, language := range slices.Sorted(maps.Keys(layouts)) {
		for _, bomb := range []string{"class A {", "defmodule A do", "module A = struct", "a = {", "contract A {"} {
			var text strings.Builder
			for level := range 500 {
				text.WriteString(strings.Repeat(" ", level) + bomb + "\n")
			}
			check(t, language, []byte(text.String()))
		}
	}
}
