package service_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/chunk/child"
	"github.com/leatworks/leat/pipeline/graph"
)

// inventedFile returns a file of an invented Go module. It has a type with methods, and functions
// that call others of its own package, of four other packages, and of one that nearly all files
// use. The four are chosen so that many files use a few packages.
func inventedFile(number, packages, version int) (path, text string) {
	const files = 20 // of a package
	r := rand.New(rand.NewPCG(20, uint64(number)))
	own := number / files
	text = fmt.Sprintf("package p%d\n\nimport (\n\t\"example.org/big/say\"\n", own)
	var used []int
	for len(used) < 4 {
		if p := int(float64(packages) * r.Float64() * r.Float64() * r.Float64()); p != own && !slices.Contains(used, p) {
			used = append(used, p)
			text += fmt.Sprintf("\t\"example.org/big/d%d/p%d\"\n", p%50, p)
		}
	}
	text += fmt.Sprintf(")\n\n// T%d is invented.\ntype T%d struct{ n int }\n\nfunc (t *T%d) Turn() int { return t.n + %d }\n\n", number, number, number, version)
	for f := range 5 {
		text += fmt.Sprintf("// F%d_%d does something.\nfunc F%d_%d(t *T%d) int {\n\tsay.Say(\"%d\")\n\tt.Turn()\n\tF%d_%d(nil)\n", number, f, number, f, number, f,
			own*files+r.IntN(files), r.IntN(5))
		for range 2 {
			p := used[r.IntN(len(used))]
			text += fmt.Sprintf("\tp%d.F%d_%d(&p%d.T%d{})\n", p, p*files+r.IntN(files), r.IntN(5), p, p*files+r.IntN(files))
		}
		text += "\treturn 0\n}\n\n"
	}
	return fmt.Sprintf("d%d/p%d/f%d.go", own%50, own, number), text
}

// The graph of a large repository is queried and changed within the times in docs/graph.md.
// LEAT_TEST_GRAPH_FILES sets the number of files.
func TestALargeGraph(t *testing.T) {
	files, err := strconv.Atoi(os.Getenv("LEAT_TEST_GRAPH_FILES"))
	if err != nil {
		t.Skip("LEAT_TEST_GRAPH_FILES names no number of files")
	}
	p := testpipe.Open(t, testpipe.Config{BulkFiles: 2 * files}) // avoids the bulk lane, which would wait for workers to make room
	m := mill{p, service.New(service.Config{Index: p.Config().Index, OpenEmbedder: p.OpenEmbedder, GraphTime: testpipe.Patience}, p.Stores.Stores)}
	tree := testpipe.Text("go.mod", "module example.org/big\n", "say/say.go", "package say\n\n// Say says it.\nfunc Say(string) {}\n")
	for i := range files {
		path, text := inventedFile(i, files/20, 0)
		tree[path] = testpipe.File{Content: text}
	}
	repo := testpipe.NewRepo(t)
	step := graph.New(graph.Config{}, graph.RoomsOf(m.Catalog), m.Blobs, child.InProcess{}, m.Logs.Logger())
	put := func(name string) {
		t.Helper()
		repo.Commit(t, tree)
		if err := m.Ingest.Handle(t.Context(), testpipe.Submission(t, "acme", events.RepoSubmitted{Tenant: "acme", URL: repo.Dir, Ref: "refs/heads/main"})); err != nil {
			t.Fatal(err)
		}
		before := m.One(t, "select coalesce(max(xmin::text::bigint), 0) from graph_files")
		began := time.Now()
		if err := step.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		took := time.Since(began)
		t.Logf("graph of %s: %v, %s files written", name, took.Round(time.Millisecond), m.One(t, "select count(*) from graph_files where xmin::text::bigint > "+before))
	}
	put(fmt.Sprintf("%d files", files))
	m.Rows(t, "analyze")
	random := rand.New(rand.NewPCG(16, 0))
	ask := func(name string, fn func(of service.GraphRequest) (int, error)) {
		t.Helper()
		var took []time.Duration
		rows := 0
		for range 200 {
			n := random.IntN(files)
			path, _ := inventedFile(n, files/20, 0)
			symbol := fmt.Sprintf("%s#F%d_%d", path, n, random.IntN(5))
			began := time.Now()
			got, err := fn(service.GraphRequest{Tenant: "acme", Repository: repo.Dir, Symbol: symbol})
			if err != nil {
				t.Fatal(err)
			}
			took, rows = append(took, time.Since(began)), rows+got
		}
		slices.Sort(took)
		t.Logf("%s: median %v, p95 %v, most %v; %d rows in all", name, took[100].Round(10*time.Microsecond), took[190].Round(10*time.Microsecond), took[199].Round(10*time.Microsecond), rows)
	}
	ask("references", func(of service.GraphRequest) (int, error) {
		a, err := m.Uses(t.Context(), service.UsesRequest{GraphRequest: of})
		return len(a.Uses), err
	})
	ask("neighbours", func(of service.GraphRequest) (int, error) {
		a, err := m.Neighbours(t.Context(), service.WalkRequest{GraphRequest: of})
		return len(a.Nodes), err
	})
	ask("impact, three steps", func(of service.GraphRequest) (int, error) {
		a, err := m.Impact(t.Context(), service.ImpactRequest{WalkRequest: service.WalkRequest{GraphRequest: of}})
		return len(a.Nodes), err
	})
	whole := service.GraphRequest{Tenant: "acme", Repository: repo.Dir}
	for name, fn := range map[string]func() error{
		"references of what everybody uses": func() error {
			of := whole
			of.Symbol = "say/say.go#Say"
			_, err := m.Uses(t.Context(), service.UsesRequest{GraphRequest: of})
			return err
		},
		"important symbols": func() error {
			_, err := m.Important(t.Context(), service.ImportantRequest{GraphRequest: whole})
			return err
		},
		"important files": func() error {
			_, err := m.Important(t.Context(), service.ImportantRequest{GraphRequest: whole, By: service.ByFile})
			return err
		},
		"communities": func() error {
			_, err := m.Communities(t.Context(), service.CommunitiesRequest{GraphRequest: whole})
			return err
		},
	} {
		for _, which := range []string{"first", "again"} {
			began := time.Now()
			if err := fn(); err != nil {
				t.Fatal(err)
			}
			t.Logf("%s, %s: %v", name, which, time.Since(began).Round(time.Millisecond))
		}
	}
	for version, n := range []int{1, 10, 100} {
		for i := range n {
			path, text := inventedFile(i*(files/n), files/20, version+1)
			tree[path] = testpipe.File{Content: text + fmt.Sprintf("// New%d_%d is new.\nfunc New%d_%d() { say.Say(\"\") }\n", version, i, version, i)}
		}
		put(fmt.Sprintf("%d changed files", n))
	}
}
