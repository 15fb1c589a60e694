package lang

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/leatworks/leat/internal/fault"
)

func compile(t testing.TB, c Config, ignore string, attributes map[string][]byte) *Rules {
	t.Helper()
	rules, err := Compile(c, []byte(ignore), attributes)
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

func pathVerdict(t testing.TB, r *Rules, path []byte, kind Kind, size int64) Verdict {
	t.Helper()
	v, err := r.Path(t.Context(), path, kind, size)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func contentVerdict(t testing.TB, r *Rules, path, content []byte) Verdict {
	t.Helper()
	v, err := r.Content(t.Context(), path, content)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestPath(t *testing.T) {
	attributes := map[string][]byte{
		"":    []byte("* -text\n*.pin -diff\n*.art binary\n*.gen linguist-generated\n*.manual linguist-documentation\ndocs/code/** -linguist-documentation\nthird/** linguist-vendored\nvendor/ours/** -linguist-vendored\nmin.js linguist-generated=false\n"),
		"sub": []byte("*.gen !linguist-generated\n*.raw -text -diff\n"),
	}
	ignore := "*.tmp\n/private/\n!keep.tmp\n"
	everything := Config{Vendored: true, Generated: true, LockFiles: true}
	tests := []struct {
		config Config
		path   string
		kind   Kind
		size   int64
		want   Reason
	}{
		{path: "main.go"},
		{path: "empty", size: 0},
		{path: "a\nb.go"},
		{path: "-rf"},
		{path: "link", kind: Symlink, want: ReasonSymlink},
		{path: "lib", kind: Submodule, want: ReasonSubmodule},
		{path: strings.Repeat("a/", 512) + "b", want: ReasonPathTooLong},
		{path: strings.Repeat("a/", 511) + "bc"},
		{path: "caf\xe9.go", want: ReasonPathNotUTF8},
		{path: "main.go", size: DefaultMaxBytes},
		{path: "main.go", size: DefaultMaxBytes + 1, want: ReasonTooLarge},
		{config: Config{MaxBytes: 10}, path: "main.go", size: 11, want: ReasonTooLarge},
		{config: Config{Exclude: []string{"docs/**", "*.md"}}, path: "docs/a/b.txt", want: ReasonExcluded},
		{config: Config{Exclude: []string{"docs/**", "*.md"}}, path: "a/b.md"},
		{config: Config{Include: []string{"**/*.go"}}, path: "a/b.go"},
		{config: Config{Include: []string{"**/*.go"}}, path: "b.go"},
		{config: Config{Include: []string{"**/*.go"}}, path: "b.md", want: ReasonNotIncluded},
		{config: Config{Include: []string{"**"}, Exclude: []string{"b.go"}}, path: "b.go", want: ReasonExcluded},
		{path: "a/b.tmp", want: ReasonIgnored},
		{path: "a/keep.tmp"},
		{path: "private/keep.tmp", want: ReasonIgnored},
		{path: "a/private/x.go"},
		{path: "web/package-lock.json", want: ReasonLockFile},
		{path: "go.sum", want: ReasonLockFile},
		{config: everything, path: "web/package-lock.json"},
		{path: "vendor/x/y.go", want: ReasonVendored},
		{path: "vendor/ours/y.go"},
		{path: "third/y.go", want: ReasonVendored},
		{path: "node_modules/a/b.js", want: ReasonVendored},
		{config: everything, path: "node_modules/a/b.js"},
		{config: Config{Vendored: true}, path: "node_modules/a/b.js"},
		{config: everything, path: "third/y.go"},
		{path: "internal/cache/cache.go"},
		{path: ".github/workflows/ci.yml"},
		{path: "web/a.min.js", want: ReasonMinified},
		{path: "web/a.min.css", want: ReasonMinified},
		{path: "web/a-min.css"},
		{path: "vendor/a.min.js", want: ReasonVendored},
		{config: Config{Minified: true}, path: "web/a.min.js"},
		{config: Config{Vendored: true, Generated: true}, path: "vendor/a.min.js", want: ReasonMinified},
		{path: "min.js"},
		{config: Config{NoDocumentation: true}, path: "docs/a.go", want: ReasonDocs},
		{config: Config{NoDocumentation: true}, path: "README", want: ReasonDocs},
		{config: Config{NoDocumentation: true}, path: "docs/code/a.go"},
		{config: Config{NoDocumentation: true}, path: "a.manual", want: ReasonDocs},
		{path: "docs/a.go"},
		{path: "a.pdf", size: DefaultMaxDocument},
		{path: "a.DOCX", size: DefaultMaxDocument + 1, want: ReasonTooLarge},
		{config: Config{MaxDocument: 10}, path: "a.pdf", size: DefaultMaxBytes},
		{config: Config{MaxBytes: 5, MaxDocument: 10}, path: "a.pdf", size: 11, want: ReasonTooLarge},
		{path: "x.gen", want: ReasonGenerated},
		{path: "sub/x.gen"},
		{config: everything, path: "x.gen"},
		{path: "a/__generated__/b.js", want: ReasonGenerated},
		{path: "x.art", want: ReasonBinary},
		{path: "sub/x.raw", want: ReasonBinary},
		{path: "x.pin", want: ReasonBinary}, // -diff here, -text for all
		{config: everything, path: "x.art", want: ReasonBinary},
	}
	for _, tt := range tests {
		rules := compile(t, tt.config, ignore, attributes)
		got := pathVerdict(t, rules, []byte(tt.path), tt.kind, tt.size)
		if got.Skip != tt.want {
			t.Errorf("%.60q (kind %d, %d bytes) with %+v: skip %q (%s), want %q", tt.path, tt.kind, tt.size, tt.config, got.Skip, got.Detail, tt.want)
		}
		if got.Language != "" {
			t.Errorf("%.60q: language %q from a path alone", tt.path, got.Language)
		}
	}
}

func TestContent(t *testing.T) {
	pointer := "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
	attributes := map[string][]byte{"": []byte("*.q linguist-language=c++\n*.r linguist-language=nosuch\nown.js -linguist-generated\n*.s linguist-language\n")}
	minified := strings.Repeat("var a=1;", 100) + "\n"
	table := strings.Repeat("name,street,town\n", 4000)
	tests := []struct {
		config   Config
		path     string
		content  string
		want     Reason
		language string
	}{
		{path: "a.go", content: "package a\n", language: "Go"},
		{path: "a.py", content: "", language: "Python"},
		{path: "run", content: "#!/usr/bin/env python3\nprint()\n", language: "Python"},
		{path: "run", content: "\uFEFF#!/bin/bash\n", language: "Shell"},
		{path: "README.md", content: "# a\n", language: "Markdown"},
		{path: "nothing-known", content: "words\n"},
		{path: "x.q", content: "class a;\n", language: "C++"},
		{path: "x.r", content: "x <- 1\n", language: "R"},
		{path: "x.inc", content: "#include <a.h>\nnamespace a {\nint b();\n}\n", language: "C++"},
		{path: "x.inc", content: "namespace a {\ntemplate <class T> T b();\n}\n", language: "C++"},
		{path: "x.inc", content: "include(\"misc_func.inc\");\nnamespace a {\n}\n", language: "NASL"},
		{path: "x.inc", content: "<?php\nnamespace a {\n}\n", language: "PHP"},
		{path: "x.s", content: "\tmov eax, 1\n", language: "Assembly"},
		{path: "bell.txt", content: "\a\x01\x02\n", language: "Text"},
		{path: "small.csv", content: table[:1000], language: "CSV"},
		{path: "large.csv", content: table, want: ReasonData},
		{path: "large.CSV", content: table, want: ReasonData},
		{config: Config{Data: true}, path: "large.csv", content: table, language: "CSV"},
		{path: "large.md", content: strings.Repeat("A line of prose.\n", 4000), language: "Markdown"},
		{path: "numbers.c", content: "int a[] = {" + strings.Repeat("17, 4,\n", 8000) + "};\n", want: ReasonData},
		{path: "config.json", content: "{\"a\": [" + strings.Repeat("\"b\", ", 20_000) + "0]}\n", language: "JSON"},
		{path: "records.json", content: "{\"a\": [" + strings.Repeat("\"b\", ", 120_000) + "0]}\n", want: ReasonData},
		{path: "dump.sql", content: "--\n-- PostgreSQL database dump\n--\n\nSET x = 0;\n", want: ReasonData},
		{path: "mysql.sql", content: "-- MySQL dump 10.13  Distrib 8.0\nCREATE TABLE a (b int);\n", want: ReasonData},
		{path: "schema.sql", content: "-- Tables of users.\nCREATE TABLE a (b int);\n", language: "SQL"},
		{path: "a.psd", content: pointer, want: ReasonLFSPointer},
		{path: "a.psd", content: strings.ReplaceAll(pointer, "\n", "\r\n"), want: ReasonLFSPointer},
		{path: "lfs.txt", content: pointer + strings.Repeat("ext-0-a b\n", 120), language: "Text"},
		{path: "lfs.txt", content: strings.Replace(pointer, "12345", "-1", 1), language: "Text"},
		{path: "lfs.txt", content: strings.Replace(pointer, "sha256", "md5", 1), language: "Text"},
		{path: "z.go", content: "// Code generated by stringer. DO NOT EDIT.\n\npackage z\n", want: ReasonGenerated},
		{config: Config{Generated: true}, path: "z.go", content: "// Code generated by stringer. DO NOT EDIT.\n\npackage z\n", language: "Go"},
		{path: "app.js", content: minified, want: ReasonMinified},
		{path: "app.css", content: strings.Repeat("a{b:c}", 100), want: ReasonMinified},
		{config: Config{Generated: true}, path: "app.js", content: minified, want: ReasonMinified},
		{config: Config{Minified: true}, path: "app.js", content: minified, language: "JavaScript"},
		{config: Config{Minified: true}, path: "mapped.js", content: strings.Repeat("var a = 1\n", 20_000) + "//# sourceMappingURL=a.js.map\n", want: ReasonGenerated},
		{config: Config{NoDocumentation: true}, path: "notes.md", content: "# a\n", want: ReasonDocs},
		{config: Config{NoDocumentation: true}, path: "notes.txt", content: "a\n", want: ReasonDocs},
		{config: Config{NoDocumentation: true}, path: "a.go", content: "package a\n", language: "Go"},
		{config: Config{NoDocumentation: true}, path: "a.html", content: "<p>a</p>\n", language: "HTML"},
		{config: Config{NoMarkup: true}, path: "a.html", content: "<p>a</p>\n", want: ReasonMarkup},
		{config: Config{NoMarkup: true}, path: "a.css", content: "a { b: c }\n", want: ReasonMarkup},
		{config: Config{NoMarkup: true}, path: "a.md", content: "# a\n", language: "Markdown"},
		{path: "own.js", content: minified, language: "JavaScript"},
		{path: "mapped.js", content: strings.Repeat("var a = 1\n", 20_000) + "//# sourceMappingURL=a.js.map\n", want: ReasonGenerated},
		{path: "modeline", content: strings.Repeat("x\n", 50_000) + "# vim: ft=ruby\n", language: "Ruby"},
		{config: Config{MaxBytes: 3}, path: "a.go", content: "package a\n", want: ReasonTooLarge},
	}
	for _, tt := range tests {
		rules := compile(t, tt.config, "", attributes)
		got := contentVerdict(t, rules, []byte(tt.path), []byte(tt.content))
		if got.Skip != tt.want || got.Language != tt.language {
			t.Errorf("%s (%.40q): skip %q (%s), language %q; want %q, %q", tt.path, tt.content, got.Skip, got.Detail, got.Language, tt.want, tt.language)
		}
	}
}

func TestDocument(t *testing.T) {
	for _, test := range []struct {
		config        Config
		path, content string
		format        string
		want          Reason
		language      string
	}{
		{path: "a/b.PDF", content: "%PDF-1.7\n", format: "pdf", language: "PDF"},
		{path: "b.pdf", content: "\n\n%PDF-1.7\n", format: "pdf", language: "PDF"},
		{path: "b.pdf", content: "words\n"},
		{path: "b.pdf", content: strings.Repeat(" ", maxMark) + "%PDF-1.7\n"},
		{path: "b.txt", content: "%PDF-1.7\n"},
		{path: "b.docx", content: "PK\x03\x04", format: "docx", language: "Word"},
		{path: "b.zip", content: "PK\x03\x04"},
		{config: Config{NoPDF: true}, path: "b.pdf", content: "%PDF-1.7\n", want: ReasonFormat},
		{config: Config{NoPDF: true}, path: "b.docx", content: "PK\x03\x04", format: "docx", language: "Word"},
		{config: Config{NoDocx: true}, path: "b.docx", content: "PK\x03\x04", want: ReasonFormat},
		{config: Config{NoDocx: true}, path: "b.docx", content: "words"},
		{config: Config{NoDocumentation: true}, path: "b.pdf", content: "%PDF-1.7\n", want: ReasonDocs},
	} {
		format, v := compile(t, test.config, "", nil).Format([]byte(test.path), []byte(test.content))
		if format != test.format || v.Skip != test.want || v.Language != test.language {
			t.Errorf("%s (%.20q) with %+v: %q, %+v", test.path, test.content, test.config, format, v)
		}
	}
}

func TestEncodingIsNamed(t *testing.T) {
	rules := compile(t, Config{}, "", map[string][]byte{"": []byte("*.txt working-tree-encoding=UTF-16LE\n*.c encoding=Shift_JIS working-tree-encoding=GBK\na.txt !working-tree-encoding\n*.d encoding\n")})
	for path, want := range map[string]string{"b.txt": "UTF-16LE", "x/b.txt": "UTF-16LE", "a.txt": "", "a.c": "Shift_JIS", "a.d": "", "a.go": ""} {
		if got, err := rules.Encoding(t.Context(), []byte(path)); err != nil || got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func TestDetailIsBounded(t *testing.T) {
	long := strings.Repeat("é", 500) + "\xff"
	rules := compile(t, Config{}, long+"*\n", nil)
	got := pathVerdict(t, rules, []byte(strings.Repeat("é", 500)), File, 1)
	if got.Skip != "" {
		t.Fatalf("skip %q: the pattern ends in a byte that the path lacks", got.Skip)
	}
	rules = compile(t, Config{}, "*"+strings.Repeat("é", 200)+"\n", nil)
	got = pathVerdict(t, rules, []byte("a"+strings.Repeat("é", 200)), File, 1)
	if got.Skip != ReasonIgnored || len(got.Detail) > MaxDetail || !utf8.ValidString(got.Detail) {
		t.Errorf("skip %q, detail of %d bytes: %q", got.Skip, len(got.Detail), got.Detail)
	}
}

func TestCheck(t *testing.T) {
	for _, glob := range []string{"", "[a", "{a", "!a", "docs/", "/a", "./a", "a/../b", "../a", "a//b"} {
		if err := (Config{Include: []string{glob}}).Check(); err == nil {
			t.Errorf("include %q is accepted", glob)
		}
		if _, err := Compile(Config{Exclude: []string{"ok", glob}}, nil, nil); err == nil {
			t.Errorf("exclude %q is accepted", glob)
		}
	}
	if err := (Config{MaxBytes: -1}).Check(); err == nil {
		t.Error("a negative size is accepted")
	}
	good := Config{Include: []string{"**", "a/**/b.{go,md}", "[a-c]/?", "*.go"}, Exclude: []string{"docs/**"}}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
}

func TestCompileRejectsHugeFiles(t *testing.T) {
	_, err := Compile(Config{}, make([]byte, MaxIgnoreBytes+1), nil)
	if kind, _ := fault.Of(err); err == nil || kind != fault.KindReject {
		t.Errorf(".leatignore: %v", err)
	}
	half := make([]byte, MaxAttributesBytes/2+1)
	_, err = Compile(Config{}, nil, map[string][]byte{"a": half, "b": half})
	if kind, _ := fault.Of(err); err == nil || kind != fault.KindReject {
		t.Errorf(".gitattributes: %v", err)
	}
	if errors.Unwrap(err) == nil {
		t.Error("the mark hides the error")
	}
}

func TestFingerprint(t *testing.T) {
	attributes := map[string][]byte{"": []byte("a"), "b": []byte("c")}
	seen := map[[32]byte]string{}
	for name, rules := range map[string]*Rules{
		"zero":             compile(t, Config{}, "", nil),
		"size":             compile(t, Config{MaxBytes: 1}, "", nil),
		"include":          compile(t, Config{Include: []string{"a", "b"}}, "", nil),
		"include, other":   compile(t, Config{Include: []string{"ab"}}, "", nil),
		"exclude":          compile(t, Config{Exclude: []string{"a", "b"}}, "", nil),
		"vendored":         compile(t, Config{Vendored: true}, "", nil),
		"generated":        compile(t, Config{Generated: true}, "", nil),
		"lock files":       compile(t, Config{LockFiles: true}, "", nil),
		"data":             compile(t, Config{Data: true}, "", nil),
		"UTF-8 only":       compile(t, Config{UTF8Only: true}, "", nil),
		"minified":         compile(t, Config{Minified: true}, "", nil),
		"max document":     compile(t, Config{MaxDocument: 1}, "", nil),
		"no PDF":           compile(t, Config{NoPDF: true}, "", nil),
		"no docx":          compile(t, Config{NoDocx: true}, "", nil),
		"HTML source":      compile(t, Config{HTMLSource: true}, "", nil),
		"no documentation": compile(t, Config{NoDocumentation: true}, "", nil),
		"no markup":        compile(t, Config{NoMarkup: true}, "", nil),
		"ignore":           compile(t, Config{}, "a", nil),
		"attributes":       compile(t, Config{}, "", attributes),
		"attributes moved": compile(t, Config{}, "", map[string][]byte{"": []byte("c"), "b": []byte("a")}),
	} {
		if other, dup := seen[rules.Fingerprint()]; dup {
			t.Errorf("%s and %s have one fingerprint", name, other)
		}
		seen[rules.Fingerprint()] = name
	}
	if compile(t, Config{}, "", nil).Fingerprint() != compile(t, Config{MaxBytes: DefaultMaxBytes}, "", map[string][]byte{}).Fingerprint() {
		t.Error("a default that is spelled out changes the fingerprint")
	}
}

// A new field of Config enters the fingerprint by itself.
func TestEachOptionIsInTheFingerprint(t *testing.T) {
	without := compile(t, Config{}, "", nil).Fingerprint()
	for i := range reflect.TypeFor[Config]().NumField() {
		var c Config
		field := reflect.ValueOf(&c).Elem().Field(i)
		name := reflect.TypeFor[Config]().Field(i).Name
		switch field.Kind() {
		case reflect.Bool:
			field.SetBool(true)
		case reflect.Int64:
			field.SetInt(7)
		case reflect.Slice:
			field.Set(reflect.ValueOf([]string{"a"}))
		default:
			t.Fatalf("%s is a %s; options must write a value of it in one way only, and this test set it", name, field.Kind())
		}
		if compile(t, c, "", nil).Fingerprint() == without {
			t.Errorf("%s changes no fingerprint", name)
		}
	}
	if compile(t, Config{Include: []string{}}, "", nil).Fingerprint() != without {
		t.Error("an empty list has another fingerprint than none")
	}
}

func TestRulesAreDeterministicAndShared(t *testing.T) {
	rules := compile(t, Config{}, "*.tmp\n", map[string][]byte{"": []byte("*.x linguist-language=Go\n")})
	// Several languages share these names, and these contents decide nothing.
	paths := []string{"a.h", "a.m", "a.pl", "a.cls", "a.v", "a.ts", "a.fs", "a.t", "a.pro", "a.inc", "a.mod", "a.d", "a.ms", "a.n", "a.q", "a.x"}
	contents := []string{"", "a\n", "zz zz\n", "{}\n", "\xff\n"}
	verdicts := func() string {
		var out strings.Builder
		for _, path := range paths {
			for _, content := range contents {
				fmt.Fprintln(&out, contentVerdict(t, rules, []byte(path), []byte(content)))
			}
		}
		return out.String()
	}
	want := verdicts()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 5 {
				if got := verdicts(); got != want {
					t.Errorf("got\n%s\nwant\n%s", got, want)
				}
			}
		})
	}
	all.Wait()
}

// TestPatternsStayCheap matches texts on which a backtracking matcher would run for years.
func TestPatternsStayCheap(t *testing.T) {
	ignore := strings.Repeat("*a", 60) + "b\n" + strings.Repeat("**/a/", 40) + "b\n" + strings.Repeat("**/*a", 40) + "b\n"
	rules := compile(t, Config{}, ignore, map[string][]byte{"": []byte(strings.Repeat("*a", 60) + "b linguist-vendored\n")})
	for _, path := range []string{strings.Repeat("a", 300), strings.Repeat("a/", 150) + "c"} {
		if got := pathVerdict(t, rules, []byte(path), File, 1); got.Skip != "" {
			t.Errorf("%.20s…: skip %q", path, got.Skip)
		}
	}
}

// TestContentShapes detects the language of texts that repeat one thing. Only a sample is looked at, so that each text
// takes a moment whatever its size.
func TestContentShapes(t *testing.T) {
	rules := compile(t, Config{}, "", nil)
	for _, path := range []string{"a.h", "a.pl", "a.html", "a.js", "a.ps", "a"} {
		for _, shape := range []string{"\"", "-*-", "vim:", "<meta ", "#!", "/*", "\n", " ", "a ", "\xe9", "{\"version\":1,", "exec a $0 $@\n"} {
			if got := contentVerdict(t, rules, []byte(path), []byte(strings.Repeat(shape, 4*sampleHead/len(shape)))); got.Skip == ReasonTooLarge {
				t.Errorf("%s of %q: %v", path, shape, got)
			}
		}
	}
}

func FuzzContent(f *testing.F) {
	f.Add("a.h", []byte("int a;\n"))
	f.Add("a.js", []byte("//# sourceMappingURL=a\n"))
	f.Add("run", []byte("#!/bin/sh\nexec tclsh $0 $@\n"))
	f.Add("a.psd", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:a\nsize 1\n"))
	rules := compile(f, Config{}, "", nil)
	f.Fuzz(func(t *testing.T, path string, content []byte) {
		got := contentVerdict(t, rules, []byte(path), content)
		if got.Skip != "" && got.Language != "" || !utf8.ValidString(got.Detail) || len(got.Detail) > MaxDetail {
			t.Errorf("%+v", got)
		}
		if again := contentVerdict(t, rules, []byte(path), content); again != got {
			t.Errorf("%+v, then %+v", got, again)
		}
	})
}

func FuzzRules(f *testing.F) {
	f.Add("*.log\n!a\n/b/\n", "* binary\n\"a\\142\" -text\n[attr]x linguist-generated\n", "a/b.log")
	f.Add("a**/[[:alpha:]-\\", "[]a]/** x=y !z -linguist-vendored", "a/]")
	f.Fuzz(func(t *testing.T, ignore, attributes, path string) {
		rules, err := Compile(Config{}, []byte(ignore), map[string][]byte{"": []byte(attributes), "a": []byte(attributes)})
		if err != nil {
			return // the rule files are too large
		}
		got := pathVerdict(t, rules, []byte(path), File, 1)
		if !utf8.ValidString(got.Detail) || len(got.Detail) > MaxDetail {
			t.Errorf("%+v", got)
		}
		if again := pathVerdict(t, rules, []byte(path), File, 1); again != got {
			t.Errorf("%+v, then %+v", got, again)
		}
	})
}

func BenchmarkPath(b *testing.B) {
	rules := compile(b, Config{Exclude: []string{"docs/**"}}, "*.tmp\n/build/\n!keep\n**/out/**\n", map[string][]byte{"": []byte("*.pb.go linguist-generated\n*.png binary\n")})
	path := []byte("internal/service/handlers/accounts/controller_test.go")
	b.ReportAllocs()
	for b.Loop() {
		pathVerdict(b, rules, path, File, 1000)
	}
}

func BenchmarkContent(b *testing.B) {
	rules := compile(b, Config{}, "", nil)
	for _, path := range []string{"a.go", "a.h", "a.md", "a.pl"} {
		for _, size := range []int{4 << 10, 256 << 10} {
			b.Run(fmt.Sprintf("%s/%d", path, size), func(b *testing.B) {
				content := bytes.Repeat([]byte("if a == 1 { return \"text\" } // words\n"), size/37)
				b.SetBytes(int64(len(content)))
				b.ReportAllocs()
				for b.Loop() {
					contentVerdict(b, rules, []byte(path), content)
				}
			})
		}
	}
}
