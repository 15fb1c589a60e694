//go:build linux

package peer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Config chooses what is compared.
type Config struct {
	Repo     string   // repository whose HEAD is indexed
	Rounds   int      // of each small change; the median counts; default 3
	Programs []string // names; default: all
	Leat     string   // file of the command leat; default: it is built
	Install  string   // directory where the other programs are installed, and stay; default: below the user's cache
	Dir      string   // holds everything else, and is removed if all went well; default: a new one below the system's
	Keep     bool     // keep Dir in any case

	Out io.Writer // gets a line for each step; default: none
}

// DefaultRounds is the default of Config.
const DefaultRounds = 3

// Names lists the programs, leat first.
var Names = []string{"leat", "cocoindex", "claude-context", "zoekt"}

func (cfg Config) program(name string) (program, error) {
	switch name {
	case "leat":
		return &leat{bin: cfg.Leat}, nil
	case "cocoindex":
		return &cocoindex{}, nil
	case "claude-context":
		return &claudeContext{}, nil
	case "zoekt":
		return &zoekt{}, nil
	}
	return nil, fmt.Errorf("there is no program %q: name some of %q", name, Names)
}

// run is one run of the harness.
type run struct {
	cfg    Config
	log    *slog.Logger
	repo   repository
	server *server
	report Report
}

// Run measures one program after another. It returns an error if leat does not go through all steps.
// If another one does not, the report says how far it came, and why.
func Run(ctx context.Context, cfg Config) (_ Report, err error) {
	cfg.Rounds = cmp.Or(cfg.Rounds, DefaultRounds)
	if len(cfg.Programs) == 0 {
		cfg.Programs = Names
	}
	if cfg.Out == nil {
		cfg.Out = io.Discard
	}
	if cfg.Install == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return Report{}, err
		}
		cfg.Install = filepath.Join(cache, "leat-peers")
	}
	if cfg.Dir == "" {
		if cfg.Dir, err = os.MkdirTemp("", "leat-peers-"); err != nil {
			return Report{}, err
		}
	}
	for _, dir := range []*string{&cfg.Install, &cfg.Dir} {
		if *dir, err = filepath.Abs(*dir); err != nil {
			return Report{}, err
		}
		if err := os.MkdirAll(*dir, 0o700); err != nil {
			return Report{}, err
		}
	}
	r := &run{cfg: cfg, log: slog.New(slog.NewTextHandler(cfg.Out, nil)), report: Report{Dir: cfg.Dir}}
	if err := r.run(ctx); err != nil || cfg.Keep {
		return r.report, err
	}
	r.report.Dir = ""
	return r.report, os.RemoveAll(cfg.Dir)
}

func (r *run) run(ctx context.Context) (err error) {
	if r.server, err = serve(); err != nil {
		return err
	}
	defer r.server.close()
	r.log.Info("copy the repository")
	if r.repo, err = narrowed(ctx, filepath.Join(r.cfg.Dir, "repository"), r.cfg.Repo); err != nil {
		return err
	}
	r.report.Repository, r.report.Files, r.report.Bytes = r.cfg.Repo, len(r.repo.files), r.repo.bytes()
	r.report.Rounds = r.cfg.Rounds
	for _, name := range r.cfg.Programs {
		p, err := r.cfg.program(name)
		if err != nil {
			return err
		}
		r.log.Info("install", "program", name)
		if err := p.install(ctx, r.cfg.Install); err != nil {
			if name == "leat" || ctx.Err() != nil {
				return err
			}
			r.report.Programs = append(r.report.Programs, Program{About: p.about(), Skipped: err.Error()})
			continue
		}
		measured, err := r.measure(ctx, p)
		if err != nil {
			measured.Failed = err.Error()
		}
		r.report.Programs = append(r.report.Programs, measured)
		if err != nil && (name == "leat" || ctx.Err() != nil) {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	r.report.finish()
	return nil
}

// trial is a program on its way through the steps.
type trial struct {
	*run
	program
	at    place
	mark  mark
	found *Program
	steps map[string]*Step
}

func (r *run) measure(ctx context.Context, p program) (_ Program, err error) {
	about := p.about()
	t := &trial{run: r, program: p, found: &Program{About: about}, steps: make(map[string]*Step)}
	t.at = place{dir: filepath.Join(r.cfg.Dir, about.Name), embedder: r.server.url, meter: newMeter()}
	defer t.at.meter.close()
	if err := os.MkdirAll(t.at.dir, 0o700); err != nil {
		return *t.found, err
	}
	if t.at.repo, err = r.repo.copy(ctx, filepath.Join(t.at.dir, "checkout")); err != nil {
		return *t.found, err
	}
	defer func() { err = errors.Join(err, t.stop()) }()
	err = t.walk(ctx)
	for _, name := range StepNames {
		if step := t.steps[name]; step != nil {
			step.finish()
			t.found.Steps = append(t.found.Steps, *step)
			if step.PeakBytes > t.found.PeakBytes {
				t.found.PeakBytes, t.found.PeakParts = step.PeakBytes, step.PeakParts
			}
		}
	}
	return *t.found, err
}

// The steps, in the order in which the report shows them.
const (
	stepStart  = "start"
	stepCold   = "cold"
	stepSame   = "same again"
	stepEdit   = "one line changed"
	stepRename = "a file renamed"
	stepRemove = "a file removed"

	anew = ", by a new process"
)

// StepNames lists all steps.
var StepNames = []string{
	stepStart, stepCold, stepSame, stepEdit, stepRename, stepRemove,
	stepSame + anew, stepEdit + anew, stepRename + anew, stepRemove + anew,
}

// walk goes through all steps. Each round changes another file.
func (t *trial) walk(ctx context.Context) error {
	subject, err := t.repo().subject(0)
	if err != nil {
		return err
	}
	if t.mark, err = t.repo().edit(ctx, subject, "needlezqcold"); err != nil {
		return err
	}
	if err := t.step(ctx, stepStart, t.begin, nil); err != nil {
		return err
	}
	if err := t.step(ctx, stepCold, t.update, t.finds); err != nil {
		return err
	}
	if t.found.Files, t.found.Chunks, err = t.count(ctx); err != nil {
		return err
	}
	t.found.DiskBytes = diskUse(t.at.dir) - diskUse(t.repo().dir)
	for round := range t.cfg.Rounds {
		if err := t.round(ctx, round, "", t.update); err != nil {
			return fmt.Errorf("round %d: %w", round+1, err)
		}
	}
	for round := range t.cfg.Rounds {
		if err := t.round(ctx, t.cfg.Rounds+round, anew, t.updateAnew); err != nil {
			return fmt.Errorf("round %d%s: %w", round+1, anew, err)
		}
	}
	return nil
}

func (t *trial) begin(ctx context.Context) error {
	if err := t.start(ctx, t.at); err != nil {
		return err
	}
	t.at.meter.follow(t.processes())
	return nil
}

func (t *trial) repo() repository { return t.at.repo }

// round changes a file in three ways. how is the end of the steps' names.
func (t *trial) round(ctx context.Context, round int, how string, update func(context.Context) error) error {
	subject, err := t.repo().subject(round + 1)
	if err != nil {
		return err
	}
	for _, step := range []struct {
		name   string
		change func() error
		shown  func(context.Context) (bool, error)
	}{
		{stepSame, func() error { return nil }, t.same},
		{stepEdit, func() (err error) {
			t.mark, err = t.repo().edit(ctx, subject, fmt.Sprintf("needlezq%d", round))
			return err
		}, t.finds},
		{stepRename, func() (err error) {
			t.mark, err = t.repo().rename(ctx, t.mark)
			return err
		}, t.finds},
		{stepRemove, func() error { return t.repo().remove(ctx, t.mark) }, t.lost},
	} {
		if err := step.change(); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		if how == anew {
			if err := t.end(); err != nil {
				return err
			}
		}
		if err := t.step(ctx, step.name+how, update, step.shown); err != nil {
			return err
		}
	}
	return nil
}

// finds says whether a search finds the mark at its path.
func (t *trial) finds(ctx context.Context) (bool, error) {
	hits, err := t.search(ctx, t.mark)
	return slices.ContainsFunc(hits, func(h hit) bool { return h.Path == t.mark.path && marked(h, t.mark) }), err
}

// lost says whether a search finds the mark nowhere.
func (t *trial) lost(ctx context.Context) (bool, error) {
	hits, err := t.search(ctx, t.mark)
	return !slices.ContainsFunc(hits, func(h hit) bool { return marked(h, t.mark) }), err
}

// same says whether a search shows what the step before it showed.
func (t *trial) same(ctx context.Context) (bool, error) {
	if _, err := os.Stat(filepath.Join(t.repo().dir, t.mark.path)); errors.Is(err, fs.ErrNotExist) {
		return t.lost(ctx)
	}
	return t.finds(ctx)
}

// showPatience is how long a search may fail, or miss the effect of a step that has returned.
const showPatience = 2 * time.Minute

// step measures do, until shown says that searches show its effect.
func (t *trial) step(ctx context.Context, name string, do func(context.Context) error, shown func(context.Context) (bool, error)) error {
	t.log.Info("step", "program", t.about().Name, "step", name)
	t.at.meter.reset()
	asked, cpu, began := t.server.count(), t.at.meter.cpu(), time.Now()
	if err := do(ctx); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	took := time.Since(began)
	one := round{cpu: t.at.meter.cpu() - cpu, texts: t.server.count().minus(asked)}
	for shown != nil {
		at := time.Now()
		seen, err := shown(ctx)
		if seen && err == nil {
			break
		}
		if ctx.Err() != nil || at.Sub(began) > took+showPatience {
			hits, _ := t.search(ctx, t.mark)
			return errors.Join(err, fmt.Errorf("after %s no search shows what changed in %s: the hits for %q are %q", name, t.mark.path, t.mark.word, hits))
		}
		one.late = time.Since(began) - took
	}
	one.took = took + one.late
	cpu = t.at.meter.cpu()
	if err := t.at.meter.rest(ctx); err != nil {
		return err
	}
	one.after = t.at.meter.cpu() - cpu
	if t.steps[name] == nil {
		t.steps[name] = &Step{Name: name}
	}
	peak, parts := t.at.meter.most()
	t.steps[name].add(one, peak, parts)
	return nil
}

// marked says whether a hit shows the word of a mark.
func marked(h hit, m mark) bool { return strings.Contains(h.Text, m.word) }
