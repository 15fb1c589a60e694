package chunk

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// symbolsOf cuts a text and returns the symbols of its spans, one a line.
func symbolsOf(t *testing.T, language, text string) string {
	t.Helper()
	var list []string
	for _, s := range check(t, language, []byte(text)) {
		list = append(list, s.Kind+" "+s.Symbol)
	}
	return strings.Join(list, "\n")
}

func TestComponentsHaveTheirScriptsSymbols(t *testing.T) {
	if !Trees {
		t.Skip("without grammars scripts are cut by lines")
	}
	for _, test := range []struct{ language, text, want string }{
		{"Vue", "<template>\n  <p @click=\"dropAll\">x</p>\n</template>\n<script setup lang=\"ts\">\nfunction dropAll(): void {\n  sum.value = 0\n}\n</script>\n", "function dropAll"},
		{"Vue", "<script lang='js'>\nexport default {\n  methods: {\n    openGate() { return 1 },\n  },\n}\n</script>\n<style>\n.a { b: c }\n</style>\n", "openGate"},
		{"Svelte", "<script>\n  function stepUp() { n += 1; }\n</script>\n<button on:click={stepUp}>x</button>\n", "function stepUp"},
		{"Svelte", "<script context=\"module\" lang=\"ts\">\n  export class Wheel {\n    turn(): number { return 1 }\n  }\n</script>\n<script>\n  const shut = () => 1;\n</script>\n", "shut"},
		{"Astro", "---\nfunction loadAll() {\n  return 1\n}\n---\n<p>{loadAll()}</p>\n", "function loadAll"},
		{"MDX", "import {A} from './a'\n\n# Snow\n\n<A/>\n\n## How it is counted\n\n" + strings.Repeat("words of text\n", 40), "Snow"},
		{"MDX", "# Snow\n\nwords\n\nexport function Flake() { return 1 }\n\n## Melt\n\nwords\n", "Melt"},
		{"HTML", "<div></div>\n<script>\nfunction openGate() { return 1 }\n</script>\n", "openGate"},
		{"HTML", "---\nlayout: a\n---\n<h1>The mill</h1>\n<script>\nfunction openGate() { return 1 }\n</script>\n<h2>Its weir</h2>\n", "The mill, openGate, Its weir"},
		{"EJS", "<% function row() { return 1 } %>\n<p></p>\n<script>\nfunction openGate() { return 1 }\n</script>\n", "row, openGate"},
		{"PHP", "<html><body>\n<?php function openGate() { return 1; } ?>\n<p>x</p>\n</body></html>\n", "openGate"},
		{"PHP", "<html><body>\n<?php\nfunction openGate() { return 1; }\n?>\n<p>x</p>\n</body></html>\n", "openGate"},
		{"Vue", "<script src=\"./a.js\"></script>\n<script setup>\nfunction openGate() { return 1 }\n</script>\n<template><p/></template>\n", "openGate"},
		{"Vue", "<SCRIPT LANG='ts' SETUP>\nconst openGate = (a: number) => a\n</SCRIPT>\n", "openGate"},
		{"Vue", "<script setup\n  lang=\"ts\"\n  generic=\"T extends string\"\n>\nfunction openGate(a: T) { return a }\n</script>\n", "openGate"},
		{"Vue", "<script setup lang=\"ts\" generic=\"T extends Record<string, number>\">\nfunction openGate(a: T) { return a }\n</script>\n", "openGate"},
		{"Vue", "<script>\nconst a = '<script>'\nexport function openGate() { return 1 }\n</script>\n<script setup>\nfunction shutGate() { return 1 }\n</script>\n", "shutGate"},
		{"Vue", "<script setup>function openGate() { return 1 }</script>\n<template><p/></template>\n", "openGate"},
		{"Vue", "<!-- <script> is below -->\n<template><p/></template>\n<script>\nfunction openGate() { return 1 }\n</script>\n", "openGate"},
		{"Svelte", "<script module>\n  export function load() { return 1 }\n</script>\n<script lang=\"ts\">\n  let { a = 1 } = $props()\n  function stepUp(): void { a += 1 }\n</script>\n", "stepUp"},
		{"Astro", "---\nimport A from './A.astro'\nconst openGate = () => 1\n---\n<A/>\n<script>\nfunction shutGate() { return 1 }\n</script>\n", "shutGate"},
		{"Astro", "\n---\nconst openGate = () => 1\n---\n<p/>\n", "openGate"},
		{"Astro", "---\r\nconst openGate = () => 1\r\n---\r\n<p/>\r\n", "openGate"},
		{"HTML", "<html><head><script type=\"module\">\nexport function openGate() { return 1 }\n</script></head></html>\n", "openGate"},
		{"HTML", "<p/><script>function openGate() { return 1 }</script><script>function shutGate() { return 1 }</script>\n<p/>\n", "openGate, shutGate"},
		{"HTML", "<script>function openGate() {\n  return 1 }</script><script>function shutGate() {\n  return 1\n}</script><p/>\n<p/>\n", "openGate, shutGate"},
		{"HTML+ERB", "<h1>Mill</h1>\n<% def open_gate %>x<% end %>\n<script>\nfunction shutGate() { return 1 }\n</script>\n", "open_gate"},
		{"HTML+Razor", "@page \"/mill\"\n<h1>Mill</h1>\n@code {\n    private int openGate() { return 1; }\n}\n", "openGate"},
		{"Twig", "{% block flour %}<p/>{% endblock %}\n<script>\nfunction openGate() { return 1 }\n</script>\n", "openGate"},
		{"Liquid", "<script>\nfunction openGate() { return 1 }\n</script>\n{% schema %}\n{}\n{% endschema %}\n", "openGate"},
		{"RMarkdown", "---\ntitle: A\n---\n\n# Counting snow\n\n```{r}\nopen_gate <- function(a) a\n```\n", "Counting snow"},
		{"AsciiDoc", "= Guide\n\nintro\n\n== Opening the gate\n\n" + strings.Repeat("words of text\n", 40) + "\n----\n== no title\n----\n", "Guide > Opening the gate"},
	} {
		if got := symbolsOf(t, test.language, test.text); !strings.Contains(got, test.want) || strings.Contains(got, "no title") {
			t.Errorf("%s: %q, want %q", test.language, got, test.want)
		}
	}
}

// TestDefinitionsWithoutABlockAreNamed cuts parts that are kept whole and hold
// definitions.
func TestDefinitionsWithoutABlockAreNamed(t *testing.T) {
	if !Trees {
		t.Skip("without grammars code has no symbols")
	}
	for _, test := range []struct{ language, text, want string }{
		{"Python", "class Cart:\n    def put(self, item):\n        self.items.append(item)\n    def take(self):\n        pass\n", "Cart; Cart > put, take"},
		{"Python", "import sys\nif sys.platform == 'win32':\n    def open_it():\n        return 1\n", "open_it"},
		{"Python", "try:\n    import a\nexcept ImportError:\n    class Stub:\n        def call(self):\n            return 1\n", "Stub > call"},
		{"Rust", "pub struct B { n: u32 }\nimpl B {\n    pub fn put(&mut self, i: u32) { self.n = i; }\n}\n", "B > put"},
		{"PHP", "<?php\n\nif (! function_exists('wrap')) {\n    function wrap($v) { return [$v]; }\n}\n", "wrap"},
		{"JavaScript", "module.exports = {\n  fetchAll(id) { return id; },\n  drop: function (id) { return id; },\n  keep: (id) => id,\n};\n", "fetchAll, drop, keep"},
		{"TypeScript", "interface Store {\n  load(id: string): Item;\n}\n", "Store > load"},
		{"Java", "class A {\n    int grind(int a) { return a; }\n}\n", "A > grind"},
		{"C++", "struct A {\n  int grind(int a) { return a; }\n};\n", "A > grind"},
		{"C", "#ifdef A\nint open_gate(int a) {\n  return a;\n}\n#endif\n", "open_gate"},
		{"C", "#ifdef __cplusplus\nextern \"C\" {\n#endif\nint open_gate(const char *path);\n#ifdef __cplusplus\n}\n#endif\n", "open_gate"},
		{"Ruby", "class A\n  def grind\n    1\n  end\nend\n", "A > grind"},
		{"C#", "class A { int Grind() { return 1; } }\n", "A > Grind"},
		{"Kotlin", "class A {\n    fun grind(): Int = 1\n}\n", "A > grind"},
	} {
		if got := symbolsOf(t, test.language, test.text); !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q", test.language, got, test.want)
		}
	}
}

// TestFormatsHaveNames finds definitions in formats other than programs by their names, even
// in parts that are kept whole.
func TestFormatsHaveNames(t *testing.T) {
	for _, test := range []struct{ language, text, want string }{
		{"Protocol Buffer", "syntax = \"proto3\";\nservice Mill { rpc Grind(Sack) returns (Flour); }\nmessage Sack { message Grain { int32 a = 1; } enum Kind { RYE = 0; } }\n", "service Mill, Mill, Grind, message Sack, Sack, Grain, Kind"},
		{"Protocol Buffer", "service Mill {\n  // Grinds.\n  rpc Grind(Sack) returns (Flour);\n}\n", "service Mill, Mill, Grind"},
		{"GraphQL", "type Mill { sacks: Int }\nextend type Query { mill: Mill }\n", "type Mill, Mill, extend type Query, Query"},
		{"HCL", "resource \"bucket\" \"flour\" {\n  a = \"x\"\n}\nvariable \"weight\" {}\n", "resource \"bucket\" \"flour\", flour, variable \"weight\", weight"},
		{"MDX", "# Snow\n\nexport function Flake() { return 1 }\n", "Snow, Flake"},
	} {
		var list []string
		for _, s := range check(t, test.language, []byte(test.text)) {
			for _, symbol := range s.Symbols {
				list = append(list, symbol.Name)
			}
		}
		if got := strings.Join(list, ", "); got != test.want {
			t.Errorf("%s: %q, want %q", test.language, got, test.want)
		}
	}
}

// TestADefinitionOnTheLastLineOfAnother keeps both names.
func TestADefinitionOnTheLastLineOfAnother(t *testing.T) {
	if !Trees {
		t.Skip("without grammars code has no symbols")
	}
	body := strings.Repeat("  call(a, b, c);\n", 30)
	for _, test := range []struct{ language, text string }{
		{"C", "int first(void) {\n" + body + "} int second(void) {\n" + body + "}\n"},
		{"JavaScript", "function first() {\n" + body + "} function second() {\n" + body + "}\n"},
		{"JavaScript", "setUp(function () {\n" + body + "}); function first() {\n" + body + "}; class second {\n  a() {\n" + body + "  }\n}\n"},
		{"Java", "class first {\n  void a() {\n" + body + "  }\n} class second {\n  void b() {\n" + body + "  }\n}\n"},
		{"JavaScript", "function first() { return 1 } function second() { return 2 }\n"},
		{"Rust", "fn first() {} fn second() {}\n"},
		{"Rust", "impl A {\n  fn first() {\n" + body + "  } fn second() {\n" + body + "  }\n}\n"},
		{"Go", "package a\n\nfunc first() {\n" + body + "}; func second() {\n" + body + "}\n"},
		{"Go", "package a\n\ntype first struct {\n\tA int\n}; type second struct {\n\tB int\n}\n"},
		{"C++", "class first {\n" + body + "}; class second {\n" + body + "};\n"},
		{"C++", "namespace a {\nvoid first() {\n" + body + "}} namespace b { void second() {\n" + body + "}}\n"},
		{"C#", "class A {\n  void first() {\n" + body + "  } void second() {\n" + body + "  }\n}\n"},
		{"Java", "class A {\n  void first() {\n" + body + "  } void second() {\n" + body + "  }\n}\n"},
		{"Kotlin", "fun first() {\n" + body + "}; fun second() {\n" + body + "}\n"},
		{"Scala", "object A {\n  def first() = {\n" + body + "  }; def second() = {\n" + body + "  }\n}\n"},
		{"PHP", "<?php\nfunction first() {\n" + body + "} function second() {\n" + body + "}\n"},
		{"Ruby", "def first\n" + body + "end; def second\n" + body + "end\n"},
		{"TypeScript", "export class A {\n  first() {\n" + body + "  } second() {\n" + body + "  }\n}\n"},
		{"TypeScript", "namespace a { export function first() {\n" + body + "} } export const second = () => {\n" + body + "}\n"},
		{"Shell", "first() {\n" + body + "}; second() {\n" + body + "}\n"},
		{"CSS", ".first {\n" + strings.Repeat("  color: red;\n", 60) + "} .second {\n" + strings.Repeat("  color: red;\n", 60) + "}\n"},
		{"Protocol Buffer", "message first {\n" + strings.Repeat("  int32 a = 1;\n", 60) + "} message second {\n" + strings.Repeat("  int32 a = 1;\n", 60) + "}\n"},
		{"HCL", "resource \"a\" \"first\" {\n" + strings.Repeat("  a = 1\n", 99) + "} resource \"a\" \"second\" {\n" + strings.Repeat("  a = 1\n", 99) + "}\n"},
	} {
		got := symbolsOf(t, test.language, test.text)
		if !strings.Contains(got, "first") || !strings.Contains(got, "second") {
			t.Errorf("%s, %.40q: %q", test.language, test.text, got)
		}
	}
}

// TestDataOnOneLineIsCutByItsStructure cuts notebooks and JSON without line
// breaks.
func TestDataOnOneLineIsCutByItsStructure(t *testing.T) {
	cell := func(kind, source string) map[string]any {
		return map[string]any{"cell_type": kind, "metadata": map[string]any{}, "source": []string{source}, "outputs": []any{map[string]any{"data": map[string]any{"image/png": strings.Repeat("iVBORw0KGgo", 900)}}}}
	}
	long := strings.Repeat("mill.open(gate)\n", 30)
	for _, cells := range [][]any{
		{cell("code", "def needle():\n    return 1\n")},
		{cell("code", "def needle():\n"+long), cell("markdown", "# Title\n"+long), cell("code", long)},
	} {
		text, err := json.Marshal(map[string]any{"cells": cells, "metadata": map[string]any{}, "nbformat": 4})
		if err != nil {
			t.Fatal(err)
		}
		spans := spansOf("Jupyter Notebook", text)
		if len(spans) != len(cells) {
			t.Errorf("%d cells make %d spans", len(cells), len(spans))
		}
		for _, s := range spans {
			if s.Kind != KindCell || strings.Contains(string(text[s.Start:s.End]), "iVBOR") {
				t.Errorf("%s: %.80q", s.Kind, text[s.Start:s.End])
			}
		}
	}
	source := "def needle():\n" + long
	image := map[string]any{"output_type": "display_data", "data": map[string]any{"image/png": strings.Repeat("iVBORw0KGgo", 900)}}
	for name, notebook := range map[string]map[string]any{
		"a source that is one text":     {"cells": []any{map[string]any{"cell_type": "code", "outputs": []any{image}, "source": source}}},
		"attachments before the source": {"cells": []any{map[string]any{"attachments": image, "cell_type": "markdown", "source": []any{source}}}},
		"a notebook of version 3":       {"worksheets": []any{map[string]any{"cells": []any{map[string]any{"cell_type": "code", "input": []any{source}, "outputs": []any{image}}}}}},
	} {
		text, err := json.Marshal(notebook)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{string(text), "\uFEFF" + string(text), "\n " + string(text)} {
			spans := spansOf("Jupyter Notebook", []byte(text))
			if len(spans) != 1 || spans[0].Kind != KindCell || strings.Contains(text[spans[0].Start:spans[0].End], "iVBOR") {
				t.Errorf("%s, %.20q: %d spans, the first of %s", name, text, len(spans), spans[0].Kind)
			}
		}
	}
	var members []string
	for i := range 12 {
		members = append(members, fmt.Sprintf("\"part%d\":{\"a\":%q}", i, strings.Repeat("word ", 180)))
	}
	got := symbolsOf(t, "JSON", "{"+strings.Join(members, ",")+"}")
	for i := range 12 {
		if want := fmt.Sprintf("part%d", i); !strings.Contains(got, want) {
			t.Errorf("%s is in no symbol: %q", want, got)
		}
	}
}
