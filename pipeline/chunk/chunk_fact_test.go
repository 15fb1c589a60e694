package chunk

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leatworks/leat/pipeline/fact"
)

var factLanguages = map[string]string{
	".txt": "Go", ".py": "Python", ".ts": "TypeScript", ".java": "Java", ".rs": "Rust", ".cpp": "C++", ".cs": "C#", ".php": "PHP",
	".rb": "Ruby", ".kt": "Kotlin", ".scala": "Scala",
}

func factSamples(t testing.TB) []string {
	files, err := filepath.Glob("testdata/fact/sample.*")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d samples, %v", len(files), err)
	}
	var samples []string
	for _, file := range files {
		if HasFacts(factLanguages[filepath.Ext(file)]) {
			samples = append(samples, file)
		}
	}
	return samples
}

// The facts of the samples are those of the goldens (-update writes them).
func TestFactsOfSamples(t *testing.T) {
	for _, file := range factSamples(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c := cutting(t, factLanguages[filepath.Ext(file)], text)
		set, err := fact.Decode(c.Facts)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if again := cutting(t, factLanguages[filepath.Ext(file)], text); !bytes.Equal(again.Facts, c.Facts) {
			t.Errorf("%s has other facts the second time", file)
		}
		got, golden := show(set), file+".golden"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("the facts of %s differ from %s:\n%s", file, golden, got)
		}
	}
}

// show writes facts for people.
func show(s *fact.Set) string {
	var out strings.Builder
	fmt.Fprintf(&out, "package %s\n", s.Package)
	for _, i := range s.Imports {
		fmt.Fprintf(&out, "%d import %q name %q as %q\n", i.Line, i.Module, i.Name, i.Local)
	}
	for _, d := range s.Definitions {
		fmt.Fprintf(&out, "%d-%d %s %s %s | type %s | bases %s | %s | %s\n",
			d.StartLine, d.EndLine, d.Visibility, d.Kind, d.Qualified, d.Type, strings.Join(d.Bases, " "), d.Signature, d.Doc)
	}
	for _, r := range s.References {
		within := ""
		if r.Within >= 0 {
			within = s.Definitions[r.Within].Qualified
		}
		fmt.Fprintf(&out, "%d %s in %s: %s . %s\n", r.Line, r.Role, within, r.Receiver, r.Name)
	}
	return out.String()
}

// The name of a reference stands at the reference's place in the text.
func TestReferencesNameTheirPlace(t *testing.T) {
	for _, file := range factSamples(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		set, err := fact.Decode(cutting(t, factLanguages[filepath.Ext(file)], text).Facts)
		if err != nil {
			t.Fatal(err)
		}
		if len(set.References) == 0 || len(set.Definitions) == 0 {
			t.Errorf("%s has %d references and %d definitions", file, len(set.References), len(set.Definitions))
		}
		for _, r := range set.References {
			if at := strings.TrimPrefix(string(text[r.Start:min(r.End+1, len(text))]), "$"); !strings.HasPrefix(at, r.Name) {
				t.Errorf("%s, line %d: %q stands where %q should", file, r.Line, at, r.Name)
			}
			if line := 1 + bytes.Count(text[:r.Start], newline); line != r.Line {
				t.Errorf("%s: %s stands in line %d, not %d", file, r.Name, line, r.Line)
			}
		}
	}
}

// The facts of any text keep within their bounds, and can be read again.
func FuzzCut(f *testing.F) {
	for _, file := range factSamples(f) {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(factLanguages[filepath.Ext(file)], text)
	}
	f.Fuzz(func(t *testing.T, language string, text []byte) {
		c := cutting(t, language, text)
		if c.Facts == nil {
			return
		}
		set, err := fact.Decode(c.Facts)
		if err != nil {
			t.Fatal(err)
		}
		if set.Extent() > len(text) {
			t.Fatalf("facts up to %d of %d bytes", set.Extent(), len(text))
		}
	})
}

func cutting(t testing.TB, language string, text []byte) Cutting {
	t.Helper()
	c, err := Cut(t.Context(), language, text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
