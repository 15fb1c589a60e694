package chunk

import (
	"slices"
	"strings"
	"testing"

	"github.com/leatworks/leat/pipeline/chunk/internal/tree"
)

// TestRulesFitGrammars fails if a rule names a kind or field that its grammar does not know.
func TestRulesFitGrammars(t *testing.T) {
	if !Trees {
		t.Skip("built without cgo")
	}
	for language, kinds := range rules {
		known, fields := tree.Kinds(language)
		if len(known) == 0 {
			t.Errorf("%s has rules and no grammar", language)
		}
		for kind, r := range kinds {
			if !slices.Contains(known, kind) {
				t.Errorf("%s has no %s", language, kind)
			}
			if r.name != "" && r.name != nameless && !slices.Contains(fields, r.name) {
				t.Errorf("%s has no field %s, the name of a %s", language, r.name, kind)
			}
		}
	}
}

// TestSyntaxShapes cuts, in every language, texts that repeat one thing.
func TestSyntaxShapes(t *testing.T) {
	shapes := []string{
		"\"", "'", "`", "(", "{", "[a,", "<", "#", "/*", "//\n", "\\\n", "\n", "\x00", "é", "a\n", "a:\n", "a{", "a(b", "a=b;", "a = 1\n", "def a():\n", "class A {\n", "fn a() {", "function a() {}\n",
		"import a\nb = 1\n", "namespace a { int b; }\n", "module A\nend\n", "<<A\n", "#{", "#if a\n", "if a; then\n", "@a ", "}\n", "end\n", "<h1>a</h1>\n", "a\n==\n", "[a]\n", "- a:\n", "create table a;\n", "$a$",
	}
	for _, language := range languages {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			prefix := ""
			if language == "PHP" {
				prefix = "<?php\n"
			}
			for _, shape := range shapes {
				check(t, language, []byte(prefix+strings.Repeat(shape, scaled(6<<10)/len(shape))))
			}
		})
	}
}

// TestSyntaxDeep nests definitions from line to line.
func TestSyntaxDeep(t *testing.T) {
	for language, step := range map[string][2]string{
		"C++": {"namespace a {\n", "}\n"}, "JavaScript": {"function a() {\n", "}\n"}, "Ruby": {"module A\n", "end\n"}, "Rust": {"mod a {\n", "}\n"},
		"JSON": {"{\"a\":\n", "}\n"}, "SCSS": {"a {\n", "}\n"}, "YAML": {"a:\n", "\n"},
	} {
		for _, depth := range []int{50, 1000, 5000} {
			var text strings.Builder
			for i := range depth {
				if language == "YAML" {
					text.WriteString(strings.Repeat(" ", min(i, 100)))
				}
				text.WriteString(step[0])
			}
			text.WriteString(strings.Repeat(step[1], depth))
			check(t, language, []byte(text.String()))
		}
	}
}

// TestSyntaxErrors checks that definitions beside a syntax error are kept.
func TestSyntaxErrors(t *testing.T) {
	if !Trees {
		t.Skip("built without cgo")
	}
	body := strings.Repeat("    call()\n", small/10)
	text := "def first():\n" + body + "\ndef broken(:\n" + body + "\n@decorated\ndef last():\n" + body
	var got []string
	for _, s := range check(t, "Python", []byte(text)) {
		got = append(got, s.Kind+" "+s.Symbol)
	}
	if got[0] != "function first" || got[len(got)-1] != "function last" {
		t.Errorf("got %q", got)
	}
}
