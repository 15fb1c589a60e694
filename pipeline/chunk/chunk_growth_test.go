package chunk

import (
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/testenv/cputime"
)

// costly lists texts that once took time in proportion to the square of their length,
// and similar ones. Each has a part that is repeated, and a beginning.
var costly = []struct{ language, before, repeated string }{
	{"YAML", "", "\n"}, {"YAML", "a:\n", "\n"}, {"YAML", "", "# a\n"}, {"YAML", "", "a:\n\n"}, {"YAML", "", "- "}, {"YAML", "", " a: b"}, {"YAML", "", "a:\n b:\n  c:\n"},
	{"HTML", "", "<h1>x</h1>"}, {"HTML", "", "<h1>"}, {"HTML", "", "<h1 <"}, {"HTML", "", "<h1>x</h1>\n"}, {"HTML", "", "# a\n"},
	{"C#", "", "x is A<"}, {"C#", "", "template<"}, {"C#", "class A { int a = ", "x is A<"}, {"C#", "", "a<b,"}, {"Java", "", "async<"}, {"Java", "class A { A a = ", "b<c,"},
	{"C++", "", "template<"}, {"C++", "", "a<b>("}, {"TypeScript", "", "a<b<"}, {"TSX", "", "<a b={"}, {"Scala", "", "a[b["}, {"Kotlin", "", "a<b<"}, {"PHP", "<?php\n", "a(b,"},
	{"Rust", "", "struct S;\nimpl T for S {}\n"}, {"Ruby", "", "<<A\n"}, {"Shell", "", "<<A\n"}, {"Rust", "", "\"'"}, {"Python", "", "a if b else "}, {"JavaScript", "", "a=>b,"}, {"C", "", "a*b;"},
	{"Go", "package a; ", "var a int; "}, {"Go", "package a\n", "func a() {}; "}, {"Go", "package a\n", "\n"}, {"Go", "package a\n", "// a\n"},
	{"CSS", "", "a{}"}, {"CSS", "", "a;"}, {"SCSS", "", "a{b:c}"}, {"JSON", "{", "\"a\":{\"b\":1},"}, {"JSON", "[", "[1],"}, {"HCL", "", "a {} "}, {"Protocol Buffer", "", "a{}"}, {"Protocol Buffer", "", "message a{"}, {"Protocol Buffer", "message b{message c{", "rpc d("}, {"GraphQL", "", "a { b } "},
	{"TOML", "", "'''"}, {"TOML", "", "''''"}, {"TOML", "", "[a]\n"}, {"TOML", "", "\"\"\"a\"\"\" "}, {"SQL", "", "a;"}, {"SQL", "", "$a$"}, {"SQL", "", "create table a;"},
	{"Markdown", "", "# a\n"}, {"Markdown", "", "a\n-\n"}, {"Markdown", "", "- a\n"}, {"Markdown", "", "> a\n"}, {"Markdown", "", "\n"}, {"Markdown", "", "<!--"}, {"reStructuredText", "", "a\n=\n"}, {"reStructuredText", "", "abc\n===\n"},
	{"PDF", "", "\f\n"}, {"Word", "", "# a\n"}, {"Text", "", "a"}, {"Text", "", "\n"},
	{"Vue", "", "<!--<script>"}, {"Vue", "", "<!-- <script> -->"}, {"Vue", "", "<script '<script \""}, {"Vue", "", "<script>\n</script>"}, {"Vue", "<!--", "<style></style>\n"}, {"Vue", "", "-->"}, {"HTML", "", "<script>function a(){}</script>"}, {"HTML", "", "<script>function a(){\n}</script>"},
	{"Jupyter Notebook", `{"worksheets": [{"cells": [`, `{"input": ["a"]},`}, {"Jupyter Notebook", `{"worksheets": [`, `{"cells": [{}]},`},
	{"Jupyter Notebook", `{"cells": [`, `{"source": ["a"]},`}, {"Jupyter Notebook", `{"cells": [`, "{\"source\": [\n\"a\"\n]},\n"},
}

// TestTimeGrowsWithTheText also cuts each text at eight times its length. That may take up
// to 32 times as long; growth by the square would take 64 times. The test measures
// processor time, because other programs lengthen the time by the clock. It leaves out the
// collection of garbage, because only long texts would pay for that.
func TestTimeGrowsWithTheText(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const factor, tolerance, attempts = 8, 4, 10
	const quick = 100 * time.Millisecond // of no matter
	length := scaled(32 << 10)
	for _, w := range costly {
		cut := func(length int) time.Duration {
			text := []byte(w.before + strings.Repeat(w.repeated, length/len(w.repeated)))
			runtime.GC()
			defer debug.SetGCPercent(debug.SetGCPercent(-1))
			begin := cputime.Used(t)
			spansOf(w.language, text)
			return cputime.Used(t) - begin
		}
		var short, long []time.Duration
		for range attempts {
			short, long = append(short, cut(length)), append(long, cut(factor*length))
			if slices.Min(long) < max(quick, tolerance*factor*slices.Min(short)) {
				break
			}
		}
		if one, many := slices.Min(short), slices.Min(long); many >= max(quick, tolerance*factor*one) {
			t.Errorf("%s, %q repeated: %s for %d bytes, %s for %d", w.language, w.repeated, one, length, many, factor*length)
		}
	}
}
