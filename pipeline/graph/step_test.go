package graph_test

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/chunk/child"
	"github.com/leatworks/leat/pipeline/graph"
	"github.com/leatworks/leat/pipeline/scip"
)

func step(p *testpipe.Pipe) *graph.Step {
	return graph.New(graph.Config{Files: 7}, graph.RoomsOf(p.Catalog), p.Blobs, child.InProcess{}, p.Logs.Logger())
}

func look(t *testing.T, p *testpipe.Pipe) {
	t.Helper()
	if err := step(p).Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if owed, err := p.Catalog.Graphs.Owed(t.Context(), graph.CodeVersion(), 9); err != nil || len(owed) != 0 {
		t.Fatalf("owed after a look: %+v, %v", owed, err)
	}
}

// state returns everything that a graph says, by path.
func state(t *testing.T, p *testpipe.Pipe, track uuid.UUID) string {
	t.Helper()
	files, err := p.Catalog.Graphs.Files(t.Context(), track, "", 10_000)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, f := range files {
		edges, err := graph.DecodeEdges(f.Edges)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "%s %s %s stale %t\n", f.Path, f.Language, f.Package, f.Stale)
		symbols, err := p.Catalog.Graphs.SymbolsOf(t.Context(), []uuid.UUID{f.Document}, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range symbols {
			fmt.Fprintf(&out, "  %+v\n", s)
		}
		for _, e := range edges {
			fmt.Fprintf(&out, "  %+v\n", e)
		}
	}
	return out.String()
}

func trackOf(t *testing.T, p *testpipe.Pipe) uuid.UUID {
	t.Helper()
	return uuid.MustParse(p.One(t, "select id::text from tracks"))
}

func edgesOf(t *testing.T, p *testpipe.Pipe, track uuid.UUID, path string) string {
	t.Helper()
	files, err := p.Catalog.Graphs.FilesOf(t.Context(), track, []uuid.UUID{events.DocumentID(track, []byte(path))})
	if err != nil || len(files) != 1 {
		t.Fatalf("%s: %d files, %v", path, len(files), err)
	}
	edges, err := graph.DecodeEdges(files[0].Edges)
	if err != nil {
		t.Fatal(err)
	}
	names := make(map[uuid.UUID]string)
	all, err := p.Catalog.Graphs.Files(t.Context(), track, "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		names[f.Document] = f.Path
	}
	var out []string
	for _, e := range edges {
		line := fmt.Sprintf("%s: %s %s by %s", e.From, e.Role, e.Name, e.Strategy)
		for _, to := range e.Targets {
			line += " " + names[to.Document] + "#" + to.Qualified
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

type texts map[string]string

func (x texts) tree() testpipe.Tree {
	tree := make(testpipe.Tree)
	for path, text := range x {
		tree[path] = testpipe.File{Content: text}
	}
	return tree
}

func goTree() texts {
	return texts{
		"go.mod":        "module example.org/mill\n",
		"wheel/w.go":    "package wheel\n\n// Wheel turns.\ntype Wheel struct{ n int }\n\nfunc New() *Wheel { return &Wheel{} }\n\nfunc (w *Wheel) Turn() int { return w.n }\n",
		"main.go":       "package main\n\nimport (\n\t\"fmt\"\n\t\"example.org/mill/wheel\"\n)\n\nfunc main() {\n\tw := wheel.New()\n\tfmt.Println(w.Turn(), help())\n}\n",
		"help.go":       "package main\n\nfunc help() int { return 1 }\n",
		"other/help.go": "package other\n\nfunc help() int { return 2 }\n",
	}
}

// A graph leads from names to what they mean, says how it knows, and invents nothing.
func TestAGraphOfGo(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	p.IngestTree(t, goTree().tree())
	look(t, p)
	want := `: import example.org/mill/wheel by import wheel/w.go#
: import fmt by external
main: call New by import wheel/w.go#New
main: call Println by external
main: call Turn by type wheel/w.go#Wheel.Turn
main: call help by package help.go#help`
	if got := edgesOf(t, p, trackOf(t, p), "main.go"); got != want {
		t.Errorf("edges of main.go:\n%s\nwant\n%s", got, want)
	}
}

// An import of a Go package leads to the file that stands for the package. This holds for the package at the root too.
// A test file never stands for a package, and a package outside the track is external.
func TestAnImportOfAPackageOfGo(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	tree := texts{
		"go.mod":          "module example.org/mill/v2\n",
		"mill.go":         "package mill\n",
		"a.go":            "package mill\n",
		"wheel/a.go":      "package wheel\n",
		"wheel/doc.go":    "// Package wheel turns.\npackage wheel\n",
		"wheel/wheel.go":  "package wheel\n",
		"axle/a_test.go":  "package axle\n",
		"axle/b.go":       "package axle\n",
		"empty/x_test.go": "package empty\n",
		"cmd/main.go": `package main

import (
	"example.org/mill"
	"example.org/mill/v2"
	"example.org/mill/v2/axle"
	"example.org/mill/v2/empty"
	_ "example.org/mill/v2/wheel"
	"example.org/mill/v2/without"
)
`,
	}
	repo := p.IngestTree(t, tree.tree())
	look(t, p)
	want := `: import example.org/mill by external
: import example.org/mill/v2 by import mill.go#
: import example.org/mill/v2/axle by import axle/b.go#
: import example.org/mill/v2/empty by external
: import example.org/mill/v2/wheel by import wheel/doc.go#
: import example.org/mill/v2/without by external`
	if got := edgesOf(t, p, trackOf(t, p), "cmd/main.go"); got != want {
		t.Errorf("edges of cmd/main.go:\n%s\nwant\n%s", got, want)
	}
	delete(tree, "wheel/doc.go")
	tree["without/x.go"] = "package without\n"
	repo.Commit(t, tree.tree())
	p.Submit(t, repo)
	look(t, p)
	got := edgesOf(t, p, trackOf(t, p), "cmd/main.go")
	for _, line := range []string{"mill/v2/wheel by import wheel/wheel.go#", "mill/v2/without by import without/x.go#"} {
		if !strings.Contains(got, line) {
			t.Errorf("after a commit, edges of cmd/main.go lack %q:\n%s", line, got)
		}
	}
}

// A commit changes only the edges of the files that it changes, and of the files that name what these define.
func TestAChangeTouchesWhatItConcerns(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	tree := goTree()
	for i := range 60 {
		tree[fmt.Sprintf("p%d/a.go", i)] = fmt.Sprintf("package p%d\n\nfunc Alone%d() int { return 1 }\n", i, i)
	}
	repo := p.IngestTree(t, tree.tree())
	look(t, p)
	for _, test := range []struct {
		name, path, text string
		touched          string
	}{
		{"a body", "wheel/w.go", strings.Replace(tree["wheel/w.go"], "return w.n", "return w.n + 1", 1), "1"},
		{"a result's type", "wheel/w.go", strings.Replace(tree["wheel/w.go"], "Turn() int", "Turn() Flour", 1), "2"},
		{"a new function", "help.go", tree["help.go"] + "\nfunc more() {}\n", "1"},
		{"a function that is gone", "help.go", "package main\n", "2"},
	} {
		// xmin is the transaction that last wrote a row.
		before := p.One(t, "select max(xmin::text::bigint) from graph_files")
		tree[test.path] = test.text
		repo.Commit(t, tree.tree())
		p.Submit(t, repo)
		look(t, p)
		if got := p.One(t, "select count(*) from graph_files where xmin::text::bigint > "+before); got != test.touched {
			t.Errorf("%s: %s files were written, want %s", test.name, got, test.touched)
		}
	}
	if got := edgesOf(t, p, trackOf(t, p), "main.go"); !strings.Contains(got, "main: call help by unresolved") {
		t.Errorf("what is gone: %s", got)
	}
}

// A graph that was whole is compared with the documents that have changed since, and with no others. Each of these
// leaves a mark, also a document whose row is gone before the graph is made.
func TestAGraphIsComparedWithWhatChanged(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	tree := goTree()
	repo := p.IngestTree(t, tree.tree())
	track := trackOf(t, p)
	marks := func(want string) {
		t.Helper()
		if got := p.One(t, "select count(distinct document) from graph_marks"); got != want {
			t.Errorf("%s documents have marks, want %s", got, want)
		}
	}
	marks("0") // of a first listing
	look(t, p)
	commit := func() {
		t.Helper()
		repo.Commit(t, tree.tree())
		p.Submit(t, repo)
	}
	tree["help.go"] = "package main\n\nfunc more() int { return 1 }\n"
	delete(tree, "other/help.go")
	commit()
	p.Rows(t, "delete from documents where state = 'removed'") // as the indexer does
	marks("2")
	look(t, p)
	marks("0")
	if got := state(t, p, track); !strings.Contains(got, "more") || strings.Contains(got, "other/help.go") {
		t.Errorf("the changes are not in the graph:\n%s", got)
	}
	tree["help.go"] = "package main\n\nfunc unmarked() int { return 1 }\n"
	commit()
	p.Rows(t, "delete from graph_marks")
	look(t, p)
	if got := state(t, p, track); strings.Contains(got, "unmarked") {
		t.Errorf("a document without a mark was compared:\n%s", got)
	}
	if err := p.Catalog.Graphs.Owe(t.Context(), track, nil, nil, nil); err != nil {
		t.Fatal(err)
	}
	look(t, p)
	if got := state(t, p, track); !strings.Contains(got, "unmarked") {
		t.Errorf("a graph that was found to be wrong was not compared whole:\n%s", got)
	}
	p.Rows(t, "delete from tracks") // its documents go with it
	marks("0")
}

// After any history, a graph equals the one that is made of the last commit alone.
func TestAGraphIsTheSameAfterAnyHistory(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	random := rand.New(rand.NewPCG(7, 7))
	names := []string{"Alpha", "Beta", "Gamma", "Delta"}
	file := func(i int) string {
		one, two := names[random.IntN(4)], names[random.IntN(4)]
		return fmt.Sprintf("package p%d\n\nimport \"example.org/mill/p%d\"\n\ntype %s struct{ p%d.%s }\n\nfunc New%s() %s { return p%d.New%s() }\n\nfunc (x %s) Turn() {}\n\nfunc Use%d() { New%s().Turn(); x.%s() }\n",
			i%3, (i+1)%3, one, (i+1)%3, two, one, two, (i+1)%3, two, one, i, one, two)
	}
	tree := texts{"go.mod": "module example.org/mill\n"}
	repo := testpipe.NewRepo(t)
	for round := range 12 {
		for range 3 {
			i := random.IntN(9)
			path := fmt.Sprintf("p%d/f%d.go", i%3, i)
			if round > 4 && random.IntN(3) == 0 {
				delete(tree, path)
			} else {
				tree[path] = file(i)
			}
		}
		if round == 8 {
			tree["go.mod"] = "module example.org/other\n"
		}
		if round == 10 {
			tree["go.mod"] = "module example.org/mill\n"
		}
		repo.Commit(t, tree.tree())
		p.Submit(t, repo)
		if round%2 == 0 {
			look(t, p)
		}
	}
	look(t, p)
	track := trackOf(t, p)
	got := state(t, p, track)
	if err := p.Catalog.Graphs.Drop(t.Context(), track); err != nil {
		t.Fatal(err)
	}
	look(t, p)
	if want := state(t, p, track); got != want {
		t.Errorf("after its history:\n%s\nat once:\n%s", got, want)
	}
	if !strings.Contains(got, "Strategy:import") || !strings.Contains(got, "Strategy:type") {
		t.Errorf("the trees hold too little:\n%s", got)
	}
}

// Facts are stored once for all repositories with the same bytes. They survive the loss of their rows, and go with
// their blob.
func TestFactsAreStoredOnce(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	tree := goTree()
	repo := p.IngestTree(t, tree.tree())
	facts := p.One(t, "select count(*) from facts")
	if facts != "4" {
		t.Fatalf("%s facts, want one for each file of Go", facts)
	}
	tree["moved/help.go"] = tree["help.go"]
	delete(tree, "help.go")
	repo.Commit(t, tree.tree())
	p.Submit(t, repo)
	p.IngestTree(t, goTree().tree())
	if got := p.One(t, "select count(*) from facts"); got != facts {
		t.Errorf("after a rename and in a second repository: %s facts, want %s", got, facts)
	}
	look(t, p)
	before := p.One(t, "select string_agg(edges::text, '' order by track, path) from graph_files")
	p.Rows(t, "delete from facts")
	for _, id := range p.Rows(t, "select track::text from graphs") {
		if err := p.Catalog.Graphs.Drop(t.Context(), uuid.MustParse(strings.TrimSpace(fmt.Sprint(id)))); err != nil {
			t.Fatal(err)
		}
	}
	look(t, p)
	if got := p.One(t, "select string_agg(edges::text, '' order by track, path) from graph_files"); got != before {
		t.Error("facts that were found again lead elsewhere")
	}
	if got := p.One(t, "select count(*) from facts"); got != facts {
		t.Errorf("found again: %s facts, want %s", got, facts)
	}
}

func FuzzDecodeEdges(f *testing.F) {
	f.Add(graph.EncodeEdges([]graph.Edge{{
		From: "a", Name: "b", Role: 1, Strategy: 2, Count: 3, Lines: []int{1, 5}, Targets: []graph.Target{{Document: sha(), Qualified: "b"}},
	}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		edges, err := graph.DecodeEdges(data)
		var ends []graph.End
		again := graph.EachEnd(data, func(e graph.End) { ends = append(ends, e) })
		if (again == nil) != (err == nil) {
			t.Fatalf("ends: %v, edges: %v", again, err)
		}
		for _, e := range edges {
			for _, to := range e.Targets {
				if want := (graph.End{From: e.From, To: to, Confidence: e.Confidence()}); len(ends) == 0 || ends[0] != want {
					t.Fatalf("an end differs from %+v", want)
				}
				ends = ends[1:]
			}
		}
		if err != nil || len(edges) == 0 {
			return
		}
		if _, err := graph.DecodeEdges(graph.EncodeEdges(edges)); err != nil {
			t.Fatal(err)
		}
	})
}

func sha() uuid.UUID {
	sum := sha256.Sum256(nil)
	return uuid.UUID(sum[:16])
}

// An index replaces the edges of its files while the graph is of the index's commit, so the graph does not depend on
// its history. A check finds edges that somebody changed, and a repair mends them.
func TestAnIndexHoldsForItsCommit(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	r := p.IngestTree(t, goTree().tree())
	look(t, p)
	track, repository := trackOf(t, p), uuid.MustParse(p.One(t, "select id::text from repositories"))
	guessed := digest(t, p)
	const guess, exact = "main: call Turn by type wheel/w.go#Wheel.Turn", "main: call Turn by index wheel/w.go#New"
	has := func(want string) {
		t.Helper()
		edges := edgesOf(t, p, track, "main.go")
		if !strings.Contains(edges, want) {
			t.Fatalf("edges of main.go:\n%s\nwant %s", edges, want)
		}
	}
	has(guess)

	// The index says that Turn in main.go means New, which no guess would say.
	commit := p.One(t, "select encode(commit, 'hex') from snapshots where state in ('indexing', 'indexed')")
	const symbol = "test . . . New()."
	files := []catalog.GraphIndexFile{
		{Path: "main.go", Form: scip.Encode(scip.Document{Encoding: scip.UTF8, Occurrences: []scip.Occurrence{{Line: 9, Start: 15, End: 19, Symbol: symbol}, {Line: 90, Symbol: symbol}}})},
		{Path: "nosuch.go", Form: scip.Encode(scip.Document{})},
		{Path: "wheel/w.go", Form: scip.Encode(scip.Document{Encoding: scip.UTF8, Occurrences: []scip.Occurrence{{Line: 5, Start: 5, End: 8, Symbol: symbol, Roles: scip.Definition}}})},
	}
	put := func(commit string) {
		t.Helper()
		one := catalog.GraphIndex{Repository: repository, Commit: commit, Name: "test", Hash: sha256.Sum256([]byte(commit)), Documents: 3, Occurrences: 3}
		if err := p.Catalog.Graphs.PutIndex(t.Context(), p.One(t, "select tenant from repositories"), one, files, 16, 20); err != nil {
			t.Fatal(err)
		}
	}
	put(strings.Repeat("ab", 20))
	if owed, err := p.Catalog.Graphs.Owed(t.Context(), graph.CodeVersion(), 9); err != nil || len(owed) != 0 {
		t.Fatalf("an index of another commit made a graph owed: %+v, %v", owed, err)
	}
	put(commit)
	if d, err := graph.ComputeDigest(t.Context(), p.Catalog.Graphs, nil); err != nil || d.Owed != 1 {
		t.Fatalf("before the graph is made with the index: %+v, %v", d, err)
	}
	look(t, p)
	has(exact)
	list, err := p.Catalog.Graphs.Indexes(t.Context(), repository, 9)
	if err != nil || len(list) != 2 || !list[0].Holds || list[1].Holds || *list[0].Placed != 1 || *list[0].Strange != 1 || list[1].Placed != nil {
		t.Fatalf("indexes %+v, %v", list, err)
	}
	indexed := digest(t, p)
	if indexed.Digest == guessed.Digest || indexed.Exact != 2 {
		t.Fatalf("digest %+v is that without the index", indexed)
	}
	leading, err := p.Catalog.Graphs.LeadingTo(t.Context(), track,
		[]int64{graph.TargetKey(graph.Target{Document: events.DocumentID(track, []byte("wheel/w.go")), Qualified: "New"})}, 9)
	if err != nil || !slices.Equal(leading, []uuid.UUID{events.DocumentID(track, []byte("main.go"))}) {
		t.Fatalf("leading to New: %+v, %v", leading, err)
	}

	// A check finds what somebody changed, and a repair makes it anew.
	for name, change := range map[string]string{
		"edges":  "update graph_exact set edges = (select edges from graph_files where path = 'help.go') where edges <> ''",
		"gone":   "delete from graph_exact",
		"strays": "insert into graph_exact select document, track, edges, targets from graph_files where path = 'help.go'",
	} {
		p.Rows(t, change+" returning 1")
		if _, wrong, _, err := step(p).Check(t.Context(), nil, func(string, string) {}); err != nil || wrong == 0 {
			t.Errorf("%s: %d wrong files, %v", name, wrong, err)
		}
		if _, err := step(p).Repair(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		look(t, p)
		if again := digest(t, p); again != indexed {
			t.Errorf("%s: the repaired graph is %+v, want %+v", name, again, indexed)
		}
	}

	// A process may die when it has written exact edges of a graph that it never finishes. If the
	// index is then dropped, the edges go too, even if a look is for graphs alone that lately came to
	// be owed.
	rows, err := p.Catalog.Graphs.RowsOf(t.Context(), track, []uuid.UUID{events.DocumentID(track, []byte("main.go"))})
	if err != nil {
		t.Fatal(err)
	}
	written, err := p.Catalog.Graphs.ExactOf(t.Context(), track, []uuid.UUID{rows[0].StaleFile.Document})
	if err != nil || len(written) != 1 {
		t.Fatalf("exact edges of main.go: %v, %v", written, err)
	}
	drop := func() {
		t.Helper()
		if err := p.Catalog.Graphs.DropIndex(t.Context(), p.One(t, "select tenant from repositories"), repository, commit, "test"); err != nil {
			t.Fatal(err)
		}
		p.Rows(t, "update snapshots set listed_at = now() - interval '1 hour' returning 1")
		if owed, err := p.Catalog.Graphs.LatelyOwed(t.Context(), graph.CodeVersion(), time.Minute, 9); err != nil || len(owed) != 1 {
			t.Fatalf("lately owed after the index was dropped: %+v, %v", owed, err)
		}
		look(t, p)
		if d := digest(t, p); d != guessed {
			t.Fatalf("without the index the graph is %+v, it was %+v", d, guessed)
		}
	}
	if err := p.Catalog.Graphs.DropExact(t.Context(), track); err != nil {
		t.Fatal(err)
	}
	for _, edges := range written {
		if err := p.Catalog.Graphs.PutExact(t.Context(), track, []catalog.FileEdges{edges}); err != nil {
			t.Fatal(err)
		}
	}
	drop()
	put(commit)
	look(t, p)
	drop()
	put(commit)
	look(t, p)

	// Another commit has no index. The guesses also stand after the first commit's index is dropped.
	moved := goTree()
	moved["note.txt"] = "nothing\n"
	r.Commit(t, moved.tree())
	p.Submit(t, r)
	p.Settle(t)
	look(t, p)
	has(guess)
	if d := digest(t, p); d.Exact != 0 {
		t.Errorf("at another commit: %+v", d)
	}
	if err := p.Catalog.Graphs.DropIndex(t.Context(), p.One(t, "select tenant from repositories"), repository, commit, "test"); err != nil {
		t.Fatal(err)
	}
	look(t, p)
	has(guess)
}
