package eval

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/vector"
)

// BenchmarkConfig chooses a benchmark of questions that others have annotated.
type BenchmarkConfig struct {
	Dir    string   // holds repos.json and annotations/NAME.json
	Clones string   // directory with a clone for each repository, under its name
	Only   []string // names; default: all that have questions
	Whole  bool     // search whole repositories instead of the directories that the benchmark searches
	Trials bool     // also leave out each signal of the ranking, and use each alone

	Embedder  string // default: local-384
	Described string // file that describes embedders; see docs/embedders.md

	Out io.Writer // gets a line for each repository; default: none
}

// RunBenchmark measures. If it fails, it returns the measurements so far with
// the error.
func RunBenchmark(ctx context.Context, cfg BenchmarkConfig) (BenchmarkReport, error) {
	report := BenchmarkReport{Whole: cfg.Whole}
	if cfg.Embedder == "" {
		cfg.Embedder = embedder.LocalName
	}
	if cfg.Out == nil {
		cfg.Out = io.Discard
	}
	log := slog.New(slog.NewTextHandler(cfg.Out, nil))
	subjects, err := loadSubjects(cfg.Dir, cfg.Only)
	if err != nil {
		return report, err
	}
	for _, s := range subjects {
		results, err := cfg.measure(ctx, s, log)
		if err != nil {
			return report, fmt.Errorf("%s: %w", s.Name, err)
		}
		report.Questions = append(report.Questions, results...)
		log.Info("asked", "repository", s.Name, "questions", len(results), "ndcg", meanOf(results, ""))
	}
	return report, nil
}

// measure puts one repository into an index of its own and asks it.
func (cfg BenchmarkConfig) measure(ctx context.Context, s subject, log *slog.Logger) (results []BenchmarkQuestion, err error) {
	questions, err := loadAnnotations(cfg.Dir, s.Name)
	if err != nil {
		return nil, err
	}
	files, err := repository{filepath.Join(cfg.Clones, s.Name)}.files(ctx, s.Revision)
	if err != nil {
		return nil, err
	}
	if cfg.Whole {
		s.Root = ""
	}
	files = within(files, s.Root)
	dir, err := os.MkdirTemp("", "leat-eval-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	clone := filepath.Join(dir, "repository.git")
	if err := write(ctx, clone, files); err != nil {
		return nil, err
	}
	quiet := slog.New(atLeast{log.Handler(), slog.LevelError})
	x, err := openIndex(ctx, dir, cfg.Embedder, config.Embedders{EmbeddersFile: cfg.Described}, quiet)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, x.close()) }()
	id, err := x.ingest(ctx, clone)
	if err != nil {
		return nil, err
	}
	return x.askAnnotated(ctx, id, s, files, questions, compared(cfg.Trials))
}

// askAnnotated asks the questions. Answers outside the searched files do not count.
func (x *index) askAnnotated(
	ctx context.Context, repository uuid.UUID, s subject, files []file, questions []annotation, compared []string,
) ([]BenchmarkQuestion, error) {
	results := make([]BenchmarkQuestion, len(questions))
	asking, ctx := errgroup.WithContext(ctx)
	asking.SetLimit(runtime.GOMAXPROCS(0))
	for i, q := range questions {
		asking.Go(func() error {
			targets := slices.DeleteFunc(q.targets(), func(t target) bool {
				return !slices.ContainsFunc(files, func(f file) bool { return t.names(s.full(f.path)) })
			})
			results[i] = BenchmarkQuestion{
				Repository: s.Name, Language: s.Language, Category: q.category(), Half: halves[s.half], Text: q.Query,
				Answers: len(targets), NDCG: make(map[string]float64),
			}
			memory := remembered{x.stores.Points, make(map[int][]vector.Hit)}
			for _, by := range compared {
				ask := func() ([][]answer, error) { return x.hits(ctx, by, q.Query, repository) }
				if signals, is := trial(by); is {
					ask = func() ([][]answer, error) { return x.try(ctx, memory, signals, q.Query, repository) }
				}
				hits, err := ask()
				if err != nil {
					return fmt.Errorf("ask %q by %s: %w", q.Query, by, err)
				}
				for _, places := range hits {
					for n := range places {
						places[n].path = s.full(places[n].path)
					}
				}
				results[i].NDCG[by] = ndcg(targets, hits)
			}
			return nil
		})
	}
	return results, asking.Wait()
}

// full returns the path in the repository of a path in the searched copy.
func (s subject) full(path string) string {
	if s.Root == "" {
		return path
	}
	return s.Root + "/" + path
}
