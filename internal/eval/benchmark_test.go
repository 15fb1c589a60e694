package eval

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leatworks/leat/pipeline/search"
)

// annotated writes a benchmark about the mill.
func annotated(t *testing.T, repos, questions string) BenchmarkConfig {
	t.Helper()
	dir, clones := t.TempDir(), t.TempDir()
	for path, content := range map[string]string{"repos.json": repos, "annotations/mill.json": questions} {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(mill(t).dir, filepath.Join(clones, "mill")); err != nil {
		t.Fatal(err)
	}
	return BenchmarkConfig{Dir: dir, Clones: clones}
}

const (
	millRepos     = `[{"name":"mill","language":"go","revision":"HEAD"},{"name":"other","language":"go","revision":"HEAD"}]`
	millQuestions = `[
		{"query":"closeGate","relevant":["gate.go"],"secondary":[{"path":"gate.go","start_line":9,"end_line":11}]},
		{"query":"how the wheel is turned","relevant":["wheel.go"],"category":"architecture"},
		{"query":"a gate that is gone","relevant":["lost.go"]}
	]`
)

func TestBenchmark(t *testing.T) {
	if testing.Short() {
		t.Skip("starts all stores")
	}
	cfg := annotated(t, millRepos, millQuestions)
	cfg.Trials, cfg.Out = true, t.Output()
	report, err := RunBenchmark(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Questions) != 3 {
		t.Fatalf("%d questions: %+v", len(report.Questions), report.Questions)
	}
	for i, want := range []struct {
		category string
		answers  int
		ndcg     float64
	}{{"symbol", 2, 1 / (1 + 1/math.Log2(3))}, {"architecture", 1, 1}, {"semantic", 0, 0}} {
		q := report.Questions[i]
		if q.Category != want.category || q.Answers != want.answers || math.Abs(q.NDCG[bySearch]-want.ndcg) > 1e-9 || q.Half != HalfTuning {
			t.Errorf("question %d: %+v, want %+v", i, q, want)
		}
		if n := len(rankings) + 1 + 2*len(search.Signals()); len(q.NDCG) != n {
			t.Errorf("question %d: %d rankings, want %d", i, len(q.NDCG), n)
		}
	}
	var table, object bytes.Buffer
	report.Write(&table)
	if err := report.WriteJSON(&object); err != nil {
		t.Fatal(err)
	}
	var again BenchmarkReport
	if err := json.Unmarshal(object.Bytes(), &again); err != nil || len(again.Questions) != 3 {
		t.Errorf("%d questions of JSON, %v", len(again.Questions), err)
	}
	for _, line := range []string{"search without path", "architecture", "go  ", "mill  "} {
		if !strings.Contains(table.String(), "\n"+line) {
			t.Errorf("no line begins with %q:\n%s", line, table.String())
		}
	}
}

func TestBenchmarksThatCannotWork(t *testing.T) {
	for name, change := range map[string]func(*BenchmarkConfig){
		"no directory":       func(c *BenchmarkConfig) { c.Dir = filepath.Join(c.Dir, "none") },
		"an unknown name":    func(c *BenchmarkConfig) { c.Only = []string{"weir"} },
		"no clone":           func(c *BenchmarkConfig) { c.Clones = t.TempDir() },
		"no questions":       func(c *BenchmarkConfig) { c.Only = []string{"other"} },
		"a question of none": func(c *BenchmarkConfig) { *c = annotated(t, millRepos, `[{"query":"gate"}]`) },
		"another form":       func(c *BenchmarkConfig) { *c = annotated(t, millRepos, `{"query":"gate"}`) },
		"a name that climbs": func(c *BenchmarkConfig) {
			*c = annotated(t, `[{"name":"../mill","language":"go","revision":"HEAD"}]`, millQuestions)
		},
	} {
		cfg := annotated(t, millRepos, millQuestions)
		change(&cfg)
		if report, err := RunBenchmark(t.Context(), cfg); err == nil {
			t.Errorf("%s works: %+v", name, report)
		}
	}
}

// The gains are those of the formula, written out by hand.
func TestNDCGOfTargets(t *testing.T) {
	hit := func(path string, first, last int) []answer { return []answer{{path, lines{first, last}}} }
	for name, c := range map[string]struct {
		targets []target
		hits    [][]answer
		want    float64
	}{
		"first":            {[]target{{Path: "a.go"}}, [][]answer{hit("a.go", 1, 2)}, 1},
		"end of a path":    {[]target{{Path: "x/a.go"}}, [][]answer{hit("b.go", 1, 2), hit("src/x/a.go", 1, 2)}, 1 / math.Log2(3)},
		"no end of a name": {[]target{{Path: "a.go"}}, [][]answer{hit("aa.go", 1, 2)}, 0},
		"other lines":      {[]target{{"a.go", 5, 9}}, [][]answer{hit("a.go", 1, 4), hit("a.go", 9, 12)}, 1 / math.Log2(3)},
		"one of two":       {[]target{{Path: "a.go"}, {Path: "b.go"}}, [][]answer{hit("a.go", 1, 4), hit("a.go", 9, 12)}, 1 / (1 + 1/math.Log2(3))},
		"nothing to find":  {nil, [][]answer{hit("a.go", 1, 4)}, 0},
	} {
		if got := ndcg(c.targets, c.hits); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
