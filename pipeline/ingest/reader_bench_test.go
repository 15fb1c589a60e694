package ingest

import (
	"cmp"
	"context"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/testenv/cputime"
	"github.com/leatworks/leat/pipeline/chunk"
	"github.com/leatworks/leat/pipeline/content"
	"github.com/leatworks/leat/pipeline/extract"
	"github.com/leatworks/leat/pipeline/git"
	"github.com/leatworks/leat/pipeline/lang"
)

// maxCorpus bounds the bytes that are read of one language.
const maxCorpus = 8 << 20

// source is a file as git would give it.
type source struct {
	entry
	content []byte
}

// corpora returns files by language: those of the directories that LEAT_BENCH_TREE lists
// in the form of PATH, or else the chunker's samples.
func corpora(b *testing.B, r *reader) map[string][]source {
	b.Helper()
	byLanguage := make(map[string][]source)
	sizes := make(map[string]int)
	for _, dir := range filepath.SplitList(cmp.Or(os.Getenv("LEAT_BENCH_TREE"), "../chunk/testdata")) {
		err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() || filepath.Ext(name) == ".golden" {
				return err
			}
			content, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			path, _ := filepath.Rel(dir, name)
			if strings.HasSuffix(path, ".go.txt") {
				path = strings.TrimSuffix(path, ".txt")
			}
			s := source{entry{Entry: git.Entry{Path: []byte(path)}}, content}
			f, judged := r.one(b, s)
			language := f.Content.Language
			if judged && language != "" && sizes[language] < maxCorpus {
				byLanguage[language] = append(byLanguage[language], s)
				sizes[language] += len(content)
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	maps.DeleteFunc(byLanguage, func(language string, _ []source) bool {
		return os.Getenv("LEAT_BENCH_TREE") != "" && sizes[language] < 64<<10 // says little
	})
	return byLanguage
}

// one takes a file the whole way from its bytes to its chunks. It returns
// whether it is indexed.
func (r *reader) one(b *testing.B, s source) (file, bool) {
	b.Helper()
	ctx := context.Background()
	if v, err := r.rules.Path(ctx, s.Path, lang.File, int64(len(s.content))); err != nil || v.Skip != "" {
		return file{}, false
	}
	f, err := r.judgeContent(ctx, s.entry, s.content)
	if err != nil {
		b.Fatal(err)
	}
	if f.SkipReason == "" {
		cutting, err := chunk.Cut(ctx, f.Content.Language, f.content)
		if err != nil {
			b.Fatal(err)
		}
		chunks("", cutting.Spans, f.content)
	}
	return f, f.SkipReason == ""
}

// BenchmarkReading measures, by language, the whole way of a file's bytes: the rules
// for its path, decoding, secrets, the rules for its content, cutting, and the hashes
// of text and chunks. MB/cpu-s divides by processor time, which includes that of the
// garbage collector, so that other work on the machine does not count.
func BenchmarkReading(b *testing.B) {
	rules, err := lang.Compile(lang.Config{}, nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	r := &reader{rules: rules, contents: content.New(extract.Config{})}
	all := corpora(b, r)
	for _, language := range slices.Sorted(maps.Keys(all)) {
		b.Run(strings.ReplaceAll(language, " ", "-"), func(b *testing.B) {
			bytes := 0
			for _, s := range all[language] {
				bytes += len(s.content)
			}
			b.SetBytes(int64(bytes))
			began, rounds := cputime.Used(b), 0
			for b.Loop() {
				for _, s := range all[language] {
					r.one(b, s)
				}
				rounds++
			}
			b.ReportMetric(float64(bytes)*float64(rounds)/1e6/(cputime.Used(b)-began).Seconds(), "MB/cpu-s")
			b.ReportMetric(float64(bytes)/1e6, "MB")
		})
	}
}
