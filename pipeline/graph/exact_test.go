package graph

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/leatworks/leat/pipeline/scip"
)

// millTexts are the files of a module. testdata/mill.scip is scip-go's index of it.
var millTexts = map[string]string{
	"go.mod":     "module example.org/mill\n\ngo 1.24\n",
	"wheel/w.go": "package wheel\n\n// Wheel turns.\ntype Wheel struct{ n int }\n\nfunc New() *Wheel { return &Wheel{} }\n\nfunc (w *Wheel) Turn() int { return w.n }\n\n// Turner is what turns.\ntype Turner interface{ Turn() int }\n",
	"main.go":    "package main\n\nimport (\n\t\"fmt\"\n\n\t\"example.org/mill/wheel\"\n)\n\nfunc main() {\n\tall := map[string]wheel.Turner{\"ä𝄞\": wheel.New()}\n\tfor _, each := range all {\n\t\tfmt.Println(each.Turn(), help(nil))\n\t}\n}\n",
	"help.go":    "package main\n\nimport \"example.org/mill/wheel\"\n\nfunc help(stones []func() *wheel.Wheel) (n int) {\n\tfor _, stone := range stones {\n\t\tn += stone().Turn()\n\t}\n\treturn n\n}\n",
}

// offline returns a graph in memory, with the documents of an index.
func offline(t *testing.T, texts map[string]OfflineFile, index string) (*Offline, *Indexed, map[string]scip.Document) {
	t.Helper()
	var files []OfflineFile
	for _, f := range texts {
		files = append(files, f)
	}
	o, err := NewOffline(files)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(index)
	if err != nil {
		t.Fatal(err)
	}
	x, docs := NewIndexed(), make(map[string]scip.Document)
	if _, err := scip.Read(t.Context(), bytes.NewReader(content), func(d scip.Document) error {
		x.Add(d.Path, d)
		docs[d.Path] = d
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return o, x, docs
}

func edgeLines(o *Offline, edges []Edge) string {
	var lines []string
	for _, e := range edges {
		line := e.From + ": " + e.Role.String() + " " + e.Name + " by " + e.Strategy.String()
		for _, to := range e.Targets {
			line += " " + o.Paths[to.Document] + "#" + to.Qualified
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// An index replaces guesses, also behind characters of several bytes. A package stays the one that its import names.
func TestAnIndexReplacesGuesses(t *testing.T) {
	texts := make(map[string]OfflineFile)
	for path, text := range millTexts {
		texts[path] = OfflineFile{Path: path, Language: "Go", Text: []byte(text)}
	}
	o, x, docs := offline(t, texts, "testdata/mill.scip")
	for path, want := range map[string]string{
		"main.go": `: import example.org/mill/wheel by import wheel/w.go#
: import fmt by external
main: call New by index wheel/w.go#New
main: call Println by external
main: call Turn by index wheel/w.go#Turner.Turn
main: call help by index help.go#help
main: type Turner by index wheel/w.go#Turner`,
		"help.go": `: import example.org/mill/wheel by import wheel/w.go#
help: call Turn by index wheel/w.go#Wheel.Turn
help: type Wheel by index wheel/w.go#Wheel`,
		"wheel/w.go": `New: type Wheel by index wheel/w.go#Wheel
Wheel.Turn: inherit Turn by index wheel/w.go#Turner.Turn
Wheel.Turn: type Wheel by index wheel/w.go#Wheel
Wheel.Turn: use n by index wheel/w.go#Wheel.n
Wheel: inherit Turner by index wheel/w.go#Turner`,
	} {
		edges, placed, strange := o.Exact(x, path, []byte(millTexts[path]), docs[path])
		if got := edgeLines(o, edges); got != want {
			t.Errorf("edges of %s:\n%s\nwant\n%s", path, got, want)
		}
		if placed == 0 || strange > 0 {
			t.Errorf("%s: %d placed, %d strange", path, placed, strange)
		}
	}
}

// The relations of an index are edges with the roles of the graph, unless the text has the same edge. One between
// definitions that the graph lacks is none.
func TestRelationsOfAnIndex(t *testing.T) {
	text := "package wheel\n\ntype Base struct{}\n\ntype Wheel struct{ Base }\n\ntype Turner interface{ Turn() }\n\nvar w = make()\n"
	file := OfflineFile{Path: "w.go", Language: "Go", Text: []byte(text)}
	o, err := NewOffline([]OfflineFile{file})
	if err != nil {
		t.Fatal(err)
	}
	define := func(line, start int, symbol string) scip.Occurrence {
		return scip.Occurrence{Line: line, Start: start, End: start + len(strings.Trim(symbol, "#.")), Symbol: "s m p v " + symbol, Roles: scip.Definition}
	}
	doc := scip.Document{Path: "w.go", Occurrences: []scip.Occurrence{
		define(2, 5, "Base#"), define(4, 5, "Wheel#"), define(6, 5, "Turner#"), define(8, 4, "w."), define(7, 0, "Lost#"),
		{Line: 4, Start: 19, End: 23, Symbol: "s m p v Base#"},
	}}
	for _, r := range []struct {
		from, to string
		kinds    scip.RelationKind
	}{
		{"Wheel#", "Turner#", scip.Implementation | scip.Reference},
		{"Wheel#", "Base#", scip.Implementation}, // the text says it
		{"Base#", "Turner#", scip.Reference},
		{"w.", "Wheel#", scip.TypeDefinition},
		{"w.", "w.", scip.Implementation},
		{"w.", "Other#", scip.Implementation}, // no index defines it
		{"Lost#", "Wheel#", scip.Implementation}, {"Wheel#", "Lost#", scip.Implementation},
		{"Wheel#", "Turner#", scip.Implementation}, // again
	} {
		doc.Relations = append(doc.Relations, scip.Relation{Symbol: "s m p v " + r.from, To: "s m p v " + r.to, Kinds: r.kinds})
	}
	x := NewIndexed()
	x.Add("w.go", doc)
	edges, _, _ := o.Exact(x, "w.go", file.Text, doc)
	want := `Base: use Turner by index w.go#Turner
Wheel: inherit Base by index w.go#Base
Wheel: inherit Turner by index w.go#Turner
w: type Wheel by index w.go#Wheel`
	if got := edgeLines(o, edges); got != want {
		t.Errorf("edges\n%s\nwant\n%s", got, want)
	}
	for _, e := range edges {
		if e.Count != 1 {
			t.Errorf("%s has %s %d times", e.From, e.Name, e.Count)
		}
	}
}

// An index of another text invents nothing. Its misplaced occurrences count as strange, and a definition that the graph
// lacks is no target.
func TestAnIndexOfAnotherText(t *testing.T) {
	texts := make(map[string]OfflineFile)
	for path, text := range millTexts {
		texts[path] = OfflineFile{Path: path, Language: "Go", Text: []byte(text)}
	}
	for _, path := range []string{"main.go", "wheel/w.go"} {
		f := texts[path]
		f.Text = append([]byte("// One more line.\n"), f.Text...)
		texts[path] = f
	}
	o, x, docs := offline(t, texts, "testdata/mill.scip")
	edges, _, strange := o.Exact(x, "main.go", texts["main.go"].Text, docs["main.go"])
	for _, e := range edges {
		for _, to := range e.Targets {
			if e.Strategy == ByIndex && o.Paths[to.Document] == "wheel/w.go" {
				t.Errorf("it leads to what was moved: %+v", e)
			}
		}
	}
	if strange == 0 {
		t.Error("nothing is strange")
	}
}

// TestARealIndex logs how the index of a real indexer fits the graph of a real repository. LEAT_TEST_SCIP names the
// directory and the index, with a colon between them.
func TestARealIndex(t *testing.T) {
	dir, index, ok := strings.Cut(os.Getenv("LEAT_TEST_SCIP"), ":")
	if !ok {
		t.Skip("LEAT_TEST_SCIP names no directory and index")
	}
	languages := map[string]string{".go": "Go", ".mod": "Go", ".py": "Python", ".ts": "TypeScript", ".tsx": "TSX", ".js": "JavaScript", ".json": "JSON", ".java": "Java"}
	texts := make(map[string]OfflineFile)
	if err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		language := languages[filepath.Ext(path)]
		if err != nil || d.IsDir() || language == "" || strings.Contains(path, "/node_modules/") {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		texts[name] = OfflineFile{Path: name, Language: language, Text: text}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	o, x, docs := offline(t, texts, index)
	var placed, strange int64
	by := make(map[Strategy]int)
	guesses := make(map[Strategy][2]int) // edges of the graph without the index: all, and those with the same target
	for path, d := range docs {
		set := o.Facts[path]
		if set == nil {
			continue
		}
		edges, p, s := o.Exact(x, path, texts[path].Text, d)
		placed, strange = placed+p, strange+s
		exact := make(map[[2]any][]Target)
		for _, e := range edges {
			by[e.Strategy] += e.Count
			if e.Strategy == ByIndex {
				for _, line := range e.Lines {
					key := [2]any{e.Name, line}
					exact[key] = append(exact[key], e.Targets...)
				}
			}
		}
		for _, f := range o.References(path) {
			at, known := exact[[2]any{f.Name, f.Line}]
			if !known {
				continue
			}
			n := guesses[f.Strategy]
			n[0]++
			if slices.ContainsFunc(f.Targets, func(t Target) bool { return slices.Contains(at, t) }) {
				n[1]++
			}
			guesses[f.Strategy] = n
		}
	}
	if placed == 0 {
		t.Error("the index says nothing of this graph")
	}
	t.Logf("%d documents, %d placed, %d strange", len(docs), placed, strange)
	for s := ByScope; s <= ByIndex; s++ {
		t.Logf("%-10s %6d references with the index; without it, %6d of those that the index knows, %6d of them the same", s, by[s], guesses[s][0], guesses[s][1])
	}
}
