package linguist

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/go-enry/go-enry/v2"
	"github.com/go-enry/go-enry/v2/data"
)

// Each strategy returns what go-enry's returns, for each name and for beginnings of files.
func TestStrategiesAreGoEnrys(t *testing.T) {
	names := append(slices.Sorted(maps.Keys(data.LanguagesByFilename)), "", "a", "dir/a.b.c", "man.1", "x.1in", "a.TXT", "Makefile.in", ".x")
	for extension := range data.LanguagesByExtension {
		names = append(names, "dir/file"+extension)
	}
	contents := []string{
		"", "\n", "#!", "#!/bin/sh\nexec ruby -x \"$0\" \"$@\"\n", "#!/usr/bin/env -S VAR=1 python3.11 -u\n", "#!/usr/bin/osascript -l JavaScript\n", "#!/usr/bin/env\n",
		"<?xml version=\"1.0\"?>\n<a/>", "/* -*- mode: c++; x -*- */\n", "# vim: ft=ruby syntax=python :\n", "# vim: set ft=perl :\n", "%!PS\n", "\xff\x00",
		"// a\n// b\n// c\n// d\n// e\n// f\n// g\n// h\n// i\n// j\n// k\n# vi: syntax=sh :\n", "package main\n", "#import <a.h>\n@interface A\n", "template <class T> x;\nstd::y\n",
	}
	for interpreter := range data.LanguagesByInterpreter {
		contents = append(contents, "#! /opt/"+interpreter+" -x\n")
	}
	for name, pair := range map[string][2]func(string, []byte, []string) []string{
		"modeline":  {GetLanguagesByModeline, enry.GetLanguagesByModeline},
		"filename":  {GetLanguagesByFilename, enry.GetLanguagesByFilename},
		"shebang":   {GetLanguagesByShebang, enry.GetLanguagesByShebang},
		"extension": {GetLanguagesByExtension, enry.GetLanguagesByExtension},
		"xml":       {GetLanguagesByXML, enry.GetLanguagesByXML},
		"manpage":   {GetLanguagesByManpage, enry.GetLanguagesByManpage},
		"content":   {GetLanguagesByContent, enry.GetLanguagesByContent},
	} {
		check := func(file, content string, candidates []string) {
			if got, want := pair[0](file, []byte(content), candidates), pair[1](file, []byte(content), candidates); !reflect.DeepEqual(got, want) {
				t.Errorf("%s of %q, %q: %q, and go-enry says %q", name, file, content, got, want)
			}
		}
		for _, file := range names {
			check(file, contents[len(file)%len(contents)], nil)
		}
		for _, content := range contents {
			check("a.h", content, []string{"C", "C++"})
			check("a", content, nil)
		}
	}
	for _, file := range names {
		got, safe := GetLanguageByExtension(file)
		if want, certain := enry.GetLanguageByExtension(file); got != want || safe != certain {
			t.Errorf("%s: %s, %v, and go-enry says %s, %v", file, got, safe, want, certain)
		}
		if IsDocumentation(file) != enry.IsDocumentation(file) {
			t.Errorf("%s: documentation?", file)
		}
	}
	for language := range data.LanguagesType {
		is := GetLanguageType(language)
		if want := enry.GetLanguageType(language); (is == Prose) != (want == enry.Prose) || (is == Markup) != (want == enry.Markup) {
			t.Errorf("%s is of type %d", language, is)
		}
		for _, alias := range []string{language, "c++", "golang", "nosuch"} {
			got, ok := GetLanguageByAlias(alias)
			if want, found := enry.GetLanguageByAlias(alias); got != want || ok != found {
				t.Errorf("alias %s: %s, and go-enry says %s", alias, got, want)
			}
		}
	}
}
