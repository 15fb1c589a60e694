package eval

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/pipeline/embedder"
)

// How a repository is cut.
const (
	CutSyntax = "syntax"
	CutLines  = "lines"
)

// Config chooses the measurements.
type Config struct {
	Repos     []string // paths of git repositories; default: the working directory
	Questions int      // largest number for each kind and repository; default 200
	History   int      // how many commits back questions reach; default 1,000
	Cuts      []string // syntax, lines; default: both
	Embedders []string // names; default: local-384
	Described string   // file that describes embedders; see docs/embedders.md
	Agent     bool     // also measure the tokens that an agent reads until it sees a right file; with cuts by syntax alone

	Out io.Writer // gets a line for each step; default: none
}

// The defaults of Config.
const (
	DefaultQuestions = 200
	DefaultHistory   = 1000
)

func (c Config) filled() (Config, error) {
	c.Questions, c.History = cmp.Or(c.Questions, DefaultQuestions), cmp.Or(c.History, DefaultHistory)
	if len(c.Repos) == 0 {
		c.Repos = []string{"."}
	}
	if len(c.Cuts) == 0 {
		c.Cuts = []string{CutSyntax, CutLines}
	}
	if len(c.Embedders) == 0 {
		c.Embedders = []string{embedder.LocalName}
	}
	if c.Out == nil {
		c.Out = io.Discard
	}
	for _, cut := range c.Cuts {
		if cut != CutSyntax && cut != CutLines {
			return c, fmt.Errorf("cut %q: use %s or %s", cut, CutSyntax, CutLines)
		}
	}
	return c, config.Embedders{EmbeddersFile: c.Described}.Check()
}

// Run measures. If it fails, it returns the measurements so far with the error.
func Run(ctx context.Context, cfg Config) (Report, error) {
	cfg, err := cfg.filled()
	if err != nil {
		return Report{}, err
	}
	var report Report
	log := slog.New(slog.NewTextHandler(cfg.Out, nil))
	for _, dir := range cfg.Repos {
		c, err := build(ctx, repository{dir}, cfg.Questions, cfg.History)
		if err != nil {
			return report, err
		}
		log.Info("questions are made", "repository", dir, "questions", len(c.questions))
		name := filepath.Base(filepath.Clean(dir))
		for _, model := range cfg.Embedders {
			for _, cut := range cfg.Cuts {
				t := trying{corpus: c, cut: cut, model: model, described: config.Embedders{EmbeddersFile: cfg.Described}, agent: cfg.Agent && cut == CutSyntax}
				all, spent, err := t.run(ctx, log)
				if err != nil {
					return report, fmt.Errorf("%s, cut by %s, %s: %w", dir, cut, model, err)
				}
				report.add(name, cut, model, c.questions, all)
				if spent != nil {
					report.addTokens(name, c.questions, spent)
				}
				log.Info("asked", "repository", dir, "cut", cut, "embedder", model)
			}
		}
	}
	return report, nil
}

// trying is one index of both copies of a repository, with its questions.
type trying struct {
	corpus
	cut, model string
	described  config.Embedders
	agent      bool
}

// run makes the index and asks it. spent is nil if no agent asks.
func (t trying) run(ctx context.Context, log *slog.Logger) (all []scores, spent [][]int, err error) {
	dir, err := os.MkdirTemp("", "leat-eval-")
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	quiet := slog.New(atLeast{log.Handler(), slog.LevelWarn})
	x, err := openIndex(ctx, dir, t.model, t.described, quiet)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, x.close()) }()
	var both copies
	for _, one := range []struct {
		name  string
		files []file
	}{{"plain.git", t.plain}, {"bare.git", t.bare}} {
		at := filepath.Join(dir, one.name)
		if err := write(ctx, at, cutAs(t.cut, one.files)); err != nil {
			return nil, nil, err
		}
		id, err := x.ingest(ctx, at)
		if err != nil {
			return nil, nil, err
		}
		if one.name == "plain.git" {
			both.plain = id
		} else {
			both.bare = id
		}
	}
	if all, err = x.ask(ctx, both, t.questions); err != nil || !t.agent {
		return all, nil, err
	}
	spent, err = x.spend(ctx, both, t.corpus)
	return all, spent, err
}

// cutAs declares all files plain text if they are to be cut by lines, because plain text is cut
// that way.
func cutAs(cut string, files []file) []file {
	const (
		path = ".gitattributes"
		rule = "\n* linguist-language=Text\n"
	)
	if cut == CutSyntax {
		return files
	}
	files = slices.Clone(files)
	i := slices.IndexFunc(files, func(f file) bool { return f.path == path })
	if i < 0 {
		return append(files, file{path, "100644", rule})
	}
	files[i].content += rule
	return files
}

// atLeast passes on log records of at least a level.
type atLeast struct {
	slog.Handler
	level slog.Level
}

func (h atLeast) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level }
