package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/graph"
)

func digest(t *testing.T, p *testpipe.Pipe) graph.Digest {
	t.Helper()
	d, err := graph.ComputeDigest(t.Context(), p.Catalog.Graphs, nil)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func checked(t *testing.T, p *testpipe.Pipe) string {
	t.Helper()
	var found []string
	files, wrong, unknown, err := step(p).Check(t.Context(), nil, func(kind, what string) { found = append(found, kind+" "+what) })
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d files, %d wrong, %d unknown\n%s", files, wrong, unknown, strings.Join(found, "\n"))
}

// A check finds each fault in a graph, and a repair mends it. A fault that shows also changes the digest.
func TestAWrongGraphIsFoundAndMended(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	p.IngestTree(t, goTree().tree())
	if d := digest(t, p); d.Owed != 1 || d.Files != 0 {
		t.Fatalf("digest before the graph is made: %+v", d)
	}
	look(t, p)
	whole := digest(t, p)
	if whole.Owed != 0 || whole.Files != 4 || whole.Symbols == 0 || whole.Edges == 0 {
		t.Fatalf("digest: %+v", whole)
	}
	if got := checked(t, p); got != "4 files, 0 wrong, 0 unknown\n" {
		t.Fatalf("a whole graph: %s", got)
	}
	for _, test := range []struct{ name, damage, want string }{
		{"a symbol is gone", "delete from graph_symbols where name = 'Turn'", "wheel/w.go: its symbols"},
		{"a symbol has another name", "update graph_symbols set name = 'Spin', qualified = 'Wheel.Spin' where name = 'Turn'", "wheel/w.go: its symbols"},
		{"edges are another file's", "update graph_files set edges = (select edges from graph_files where path = 'help.go') where path = 'main.go'", "main.go: its edges"},
		{"a key is gone", "update graph_files set keys = keys[2:] where path = 'main.go'", "main.go: its edges"},
		{"a target is gone", "update graph_files set targets = '{}' where path = 'main.go'", "main.go: its edges"},
		{"a file is gone", "delete from graph_files where path = 'help.go'", "help.go: its facts are not in the graph"},
		{"a file is of another blob", "update graph_files set blob = sha256('x') where path = 'help.go'", "help.go: its facts are not in the graph"},
		{"a file is another package's", "update graph_files set package = 'other' where path = 'help.go'", "help.go: its symbols"},
		{"a document is gone", "insert into graph_files select gen_random_uuid(), track, 'gone.go', blob, language, package, false, edges, '{}', '{}' from graph_files where path = 'help.go'", "it has gone"},
	} {
		p.Rows(t, test.damage)
		if got := checked(t, p); !strings.Contains(got, test.want) {
			t.Errorf("%s: %s", test.name, got)
		}
		if d := digest(t, p); d == whole {
			t.Errorf("%s: the digest is the same", test.name)
		}
		if files, err := step(p).Repair(t.Context(), nil); err != nil || files == 0 {
			t.Errorf("%s: repaired %d files, %v", test.name, files, err)
		}
		look(t, p)
		if got := checked(t, p); got != "4 files, 0 wrong, 0 unknown\n" {
			t.Errorf("%s, mended: %s", test.name, got)
		}
		if d := digest(t, p); d != whole {
			t.Errorf("%s, mended: %+v, was %+v", test.name, d, whole)
		}
	}
}

// A check does not call a graph wrong because facts are not stored. A repair finds these facts again.
func TestFactsThatAreLostAreFoundAgain(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	p.IngestTree(t, goTree().tree())
	look(t, p)
	whole := digest(t, p)
	p.Rows(t, "delete from facts")
	if got := checked(t, p); got != "4 files, 0 wrong, 4 unknown\n" {
		t.Errorf("without facts: %s", got)
	}
	if _, err := step(p).Repair(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if got := checked(t, p); got != "4 files, 0 wrong, 0 unknown\n" {
		t.Errorf("repaired: %s", got)
	}
	if d := digest(t, p); d != whole {
		t.Errorf("digest %+v, was %+v", d, whole)
	}
}

// The digest of a graph does not depend on its history.
func TestTheDigestForgetsHistory(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	tree := goTree()
	repo := p.IngestTree(t, tree.tree())
	look(t, p)
	whole := digest(t, p)
	changed := goTree()
	changed["help.go"] = "package main\n\nfunc aid() int { return 1 }\n"
	delete(changed, "wheel/w.go")
	for _, one := range []texts{changed, tree} {
		repo.Commit(t, one.tree())
		p.Submit(t, repo)
		p.Settle(t)
		look(t, p)
		if d := digest(t, p); (d == whole) != (len(one) == len(tree)) {
			t.Errorf("%d files: %+v, first %+v", len(one), d, whole)
		}
	}
}
