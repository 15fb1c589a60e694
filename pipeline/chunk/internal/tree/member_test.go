package tree

import (
	"strings"
	"testing"
)

// A generic call signature on a line of its own begins a member. A "<" anywhere else stays what it is.
func TestMembersEndBeforeGenericSignatures(t *testing.T) {
	for text, want := range map[string]string{
		"interface A {\n  <I>(a: I): H<I>\n  <J>(a: J): [J]\n\n  // c\n  /* d\n  <K>\n  */\n  <\n    K,\n  >(a: K): K\n}\n": "interface A {\n  <I>(a: I): H<I>\n ;<J>(a: J): [J]\n\n  // c\n  /* d\n  <K>\n  */\n ;<\n    K,\n  >(a: K): K\n}\n",
		"export interface A<\n  E,\n> {\n  a: B\n  <J>(): C\n}\n":                                                           "export interface A<\n  E,\n> {\n  a: B\n ;<J>(): C\n}\n",
		"type A = {\n\ta: B\n\t<J>(): C\n}\nconst b = a\n  <c>(d)\n":                                                        "type A = {\n\ta: B\n;<J>(): C\n}\nconst b = a\n  <c>(d)\n",
		"interface A {\n  a: B;\n  <J>(): C;\n  <J>(): D\n}\n":                                                              "",
		"interface A {\n  a: (\n    b: B\n  ) =>\n  <J>() => C\n}\n":                                                        "",
		"interface A {\n  a: B |\n  <J>() => C\n}\nfoo(\n  <B>c)\n":                                                         "",
		"const a = (\n  <div>\n    b\n  </div>\n)\n":                                                                        "",
		"": "",
	} {
		if want == "" {
			want = text
		}
		if got := string(withEnds([]byte(text))); got != want {
			t.Errorf("%q\nbecomes %q\nwant    %q", text, got, want)
		}
	}
}

// The grammar reads all that follows such a signature.
func TestGenericSignaturesAreRead(t *testing.T) {
	text := "interface A {\n  <I>(a: I): H<I>\n  <J>(a: J): H<J>\n}\n\nclass Late {}\n"
	for _, language := range []string{"TypeScript", "TSX"} {
		tree, _ := Parse(t.Context(), language, []byte(text))
		if tree == nil {
			t.Skip("this program has no grammars")
		}
		var kinds []string
		for _, n := range tree.Root().Children() {
			kinds = append(kinds, n.Kind)
		}
		tree.Close()
		if got := strings.Join(kinds, " "); got != "interface_declaration class_declaration" {
			t.Errorf("%s: %s", language, got)
		}
	}
}
