package chunk

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/testenv/cputime"
	"github.com/leatworks/leat/pipeline/chunk/internal/tree"
)

// BenchmarkFacts compares cutting alone with cutting and finding facts, in turns and by
// processor time. The least time of each text counts, so that other work on the machine says
// little, and the collector of garbage less. facts-% is the cost of facts in parts of a hundred of
// the cutting. LEAT_BENCH_TREE names directories whose files take the place of the samples.
func BenchmarkFacts(b *testing.B) {
	all := factCorpora(b)
	for _, language := range slices.Sorted(maps.Keys(all)) {
		texts := all[language]
		b.Run(language, func(b *testing.B) {
			split, both := make([]time.Duration, len(texts)), make([]time.Duration, len(texts))
			for b.Loop() {
				for i, text := range texts {
					least(b, &split[i], func() { spansOf(language, text) })
					least(b, &both[i], func() { cutting(b, language, text) })
				}
			}
			alone, with := sum(split), sum(both)
			b.ReportMetric(100*float64(with-alone)/float64(alone), "facts-%")
			b.ReportMetric(alone.Seconds()*1000, "split-cpu-ms")
			b.ReportMetric(with.Seconds()*1000, "cut-cpu-ms")
		})
	}
}

// least notes the least processor time that fn took.
func least(b *testing.B, so *time.Duration, fn func()) {
	began := cputime.Used(b)
	fn()
	if took := cputime.Used(b) - began; *so == 0 || took < *so {
		*so = took
	}
}

func sum(all []time.Duration) (whole time.Duration) {
	for _, d := range all {
		whole += d
	}
	return whole
}

// treeLanguages are the languages of the files of LEAT_BENCH_TREE.
var treeLanguages = map[string]string{
	".c": "C", ".cc": "C++", ".cpp": "C++", ".cs": "C#", ".go": "Go", ".java": "Java", ".js": "JavaScript", ".kt": "Kotlin", ".php": "PHP",
	".py": "Python", ".rb": "Ruby", ".rs": "Rust", ".scala": "Scala", ".ts": "TypeScript", ".tsx": "TSX",
}

// factCorpora returns texts by language. They are some MB of each if a tree is named, or else
// half a MB of the samples, so that a round takes longer than a clock's tick.
func factCorpora(b *testing.B) map[string][][]byte {
	b.Helper()
	all := make(map[string][][]byte)
	for name, language := range samples {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			b.Fatal(err)
		}
		if HasFacts(language) {
			all[language] = slices.Repeat([][]byte{text}, 1+(1<<19)/len(text))
		}
	}
	roots := os.Getenv("LEAT_BENCH_TREE")
	if roots == "" {
		return all
	}
	all = make(map[string][][]byte)
	size := make(map[string]int)
	for _, root := range filepath.SplitList(roots) {
		err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			language := treeLanguages[filepath.Ext(path)]
			if err != nil || !e.Type().IsRegular() || language == "" || size[language] > 4<<20 {
				return err
			}
			text, err := os.ReadFile(path)
			if len(text) < tree.MaxSize {
				all[language], size[language] = append(all[language], text), size[language]+len(text)
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return all
}
