package hostile

import (
	"context"
	"strings"
)

// files returns repositories with one file that costs its reader much time or memory.
func files() []Kind {
	var kinds []Kind
	for _, f := range []struct{ name, path, before, repeated string }{
		{"csharp_templates", "a.cs", "", "template<"},
		{"csharp_patterns", "a.cs", "", "x is A<"},
		{"csharp_generics", "a.cs", "class A { int a = ", "b<c,"},
		{"java_async", "a.java", "", "async<"},
		{"java_generics", "a.java", "class A { A a = ", "b<c,"},
		{"cpp_templates", "a.cpp", "", "template<"},
		{"cpp_calls", "a.cpp", "", "a<b>("},
		{"c_pointers", "a.c", "", "a*b;"},
		{"rust_quotes", "a.rs", "", "\"'"},
		{"rust_brackets", "a.rs", "", "("},
		{"python_conditions", "a.py", "a = ", "a if b else "},
		{"python_indents", "a.py", "", "if a:\n "},
		{"javascript_arrows", "a.js", "", "a=>b,"},
		{"typescript_generics", "a.ts", "", "a<b<"},
		{"tsx_tags", "a.tsx", "", "<a b={"},
		{"kotlin_generics", "a.kt", "", "a<b<"},
		{"scala_brackets", "a.scala", "", "a[b["},
		{"php_calls", "a.php", "<?php\n", "a(b,"},
		{"ruby_heredocs", "a.rb", "", "<<A\n"},
		{"shell_heredocs", "a.sh", "", "cat <<A\n"},
		{"go_one_line", "a.go", "package a; ", "var a int; "},
		{"go_brackets", "a.go", "package a\nvar a = ", "("},
		{"markdown_quotes", "a.md", "", "> "},
		{"markdown_lists", "a.md", "", "- a\n"},
		{"markdown_links", "a.md", "", "[a]("},
		{"yaml_blank_lines", "a.yaml", "", "\n"},
		{"yaml_keys", "a.yaml", "", "a:\n"},
		{"html_one_line", "a.html", "", "<h1>x</h1>"},
		{"css_one_line", "a.css", "", "a{}"},
		{"toml_quotes", "a.toml", "", "''''"},
		{"json_deep", "a.json", "", "["},
		{"sql_dollars", "a.sql", "", "$a$"},
		{"long_line", "a.txt", "", "word "},
		{"cpp_brackets", "a.cpp", "", "[["},
		{"c_macros", "a.c", "", "#define a(b) a(b\n"},
		{"c_conditions", "a.c", "", "#if a\n"},
		{"javascript_templates", "a.js", "", "`${"},
		{"python_strings", "a.py", "", "f\"{"},
		{"ruby_interpolations", "a.rb", "", "\"#{"},
		{"go_chains", "a.go", "package a\nvar a = b", ".c()"},
		{"markdown_headings", "a.md", "", "# a\n"},
		{"markdown_emphasis", "a.md", "", "*_a"},
		{"restructured_titles", "a.rst", "", "abc\n===\n"},
		{"yaml_lists", "a.yaml", "", "- "},
		{"html_deep", "a.html", "<!doctype html><html><body>", "<div>"},
		{"html_comments", "a.html", "<!doctype html><html><body>", "<!--"},
		{"html_attributes", "a.html", "<!doctype html><html><body><a ", "b=\"c\" "},
		{"scss_nested", "a.scss", "", "a{"},
		{"hcl_blocks", "a.tf", "", "a \"b\" {"},
		{"protobuf_messages", "a.proto", "", "message a {"},
		{"graphql_types", "a.graphql", "", "type A {"},
		{"notebook_of_one_line", "a.ipynb", `{"cells": [`, `{"cell_type": "code", "source": ["a"]},`},
		{"nul_bytes", "a.bin", "", "\x00"},
		{"half_of_utf16", "a.cs", "\xff\xfe", "a\x00\xd8"},
		{"secrets", "a.env", "", "PASSWORD=AKIAIOSFODNN7EXAMPLE\n"},
		{"pdf_of_garbage", "a.pdf", "%PDF-1.4\n", "1 0 obj << /Length 99999999 >> stream\n"},
		{"docx_of_garbage", "a.docx", "PK\x03\x04", "PK\x01\x02"},
	} {
		const length = 256 << 10
		text := f.before + strings.Repeat(f.repeated, length/len(f.repeated))
		kinds = append(kinds, Kind{Name: f.name, Make: func(_ context.Context, r *Repo) error {
			r.commit(r.tree(item{"100644", f.path, r.blob(text)}, r.good()))
			return r.Err()
		}})
	}
	return kinds
}
