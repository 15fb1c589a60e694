package eval

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/leatworks/leat/internal/testenv/leak"
	"github.com/leatworks/leat/pipeline/chunk"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/lang"
)

// TestShort is a small make eval. The figures of so few files show only that files are found.
func TestShort(t *testing.T) {
	if testing.Short() {
		t.Skip("starts all stores twice")
	}
	t.Cleanup(func() {
		// fasthttp, which the S3 server uses, leaves two goroutines running for a while.
		leak.VerifyNone(t, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
			goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
	})
	report, err := Run(t.Context(), Config{Repos: []string{mill(t).dir}, Agent: true, Out: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	asked := make(map[string]int)
	for _, r := range report.Rows {
		if r.Embedder != embedder.LocalName {
			t.Errorf("embedder %s", r.Embedder)
		}
		asked[r.Kind+" "+r.Cut+" "+r.Ranking] += r.Questions
		if r.Kind == KindName && r.Ranking == bySearch && (r.MRR != 1 || r.Recall != 1 || r.NDCG != 1) {
			t.Errorf("names cut by %s are found with %+v", r.Cut, r.Metrics)
		}
		if r.Kind == KindDoc && r.Ranking == byHybrid && r.Recall != 1 {
			t.Errorf("cut by %s, a share of %v of the comments is found", r.Cut, r.Recall)
		}
	}
	for kind, n := range map[string]int{KindDoc: 4, KindCommit: 3, KindName: 3} {
		for _, cut := range []string{CutSyntax, CutLines} {
			for _, by := range rankings {
				if got := asked[kind+" "+cut+" "+by]; got != n {
					t.Errorf("%d questions of kind %s asked of %s, cut by %s; want %d", got, kind, by, cut, n)
				}
			}
		}
	}
	for _, kind := range kinds {
		for _, way := range ways {
			row := report.tokens(kind, way)
			if row.Questions == 0 || (way == wayExplore || way == waySearch) && row.Seen == 0 || row.Within > row.Seen {
				t.Errorf("%+v", row)
			}
		}
	}
	var table, object bytes.Buffer
	report.Write(&table)
	if err := report.WriteJSON(&object); err != nil {
		t.Fatal(err)
	}
	var again Report
	if err := json.Unmarshal(object.Bytes(), &again); err != nil || len(again.Rows) != len(report.Rows) {
		t.Errorf("%d rows of JSON, %v", len(again.Rows), err)
	}
	if lines := strings.Count(table.String(), "local-384"); lines != 2*2*2*len(rankings) { // parts, with all answers and without some, cuts
		t.Errorf("%d lines of tables:\n%s", lines, table.String())
	}
}

func TestConfigsThatCannotWork(t *testing.T) {
	for _, cfg := range []Config{{Cuts: []string{"words"}}, {Described: "/does/not/exist"}, {Repos: []string{t.TempDir()}}} {
		if _, err := Run(t.Context(), cfg); err == nil {
			t.Errorf("%+v works", cfg)
		}
	}
}

// TestCutByLinesIsCutByLines has the pipeline's own rules name the language for
// the chunker.
func TestCutByLinesIsCutByLines(t *testing.T) {
	const own = "*.go linguist-language=Go"
	code := file{"gate.go", "100644", gates}
	for name, files := range map[string][]file{"none before": {code}, "one before": {{".gitattributes", "100644", own}, code}} {
		for cut, want := range map[string]string{CutSyntax: chunk.KindFunction, CutLines: chunk.KindLines} {
			attributes := make(map[string][]byte)
			for _, f := range cutAs(cut, files) {
				if f.path == ".gitattributes" {
					attributes[""] = []byte(f.content)
				}
			}
			rules, err := lang.Compile(lang.Config{}, nil, attributes)
			if err != nil {
				t.Fatal(err)
			}
			v, err := rules.Content(t.Context(), []byte(code.path), []byte(code.content))
			if err != nil {
				t.Fatal(err)
			}
			cutting, err := chunk.Cut(t.Context(), v.Language, []byte(code.content))
			if err != nil {
				t.Fatal(err)
			}
			if last := cutting.Spans[len(cutting.Spans)-1]; last.Kind != want {
				t.Errorf("%s, cut by %s: kind %q, want %q", name, cut, last.Kind, want)
			}
		}
		if files[0].path == ".gitattributes" && files[0].content != own {
			t.Errorf("%s: the files themselves were changed to %q", name, files[0].content)
		}
	}
}
