//go:build linux

package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Config says what is done to whom.
type Config struct {
	Seed    uint64        // of the schedule and the invented history
	Faults  int           // how many; default 200
	Commits int           // how many; default 50
	Repo    string        // repository whose last commits are replayed; default: a history is invented
	Pace    time.Duration // mean time from one fault to the next; default 700 ms
	Settle  time.Duration // how long leat may take to settle once the faults have ended; default 5 min
	Bin     string        // directory of the workers' and leat's binaries; default: they are built
	Dir     string        // where everything is kept, removed if all went well; default: a new one below the system's
	Keep    bool          // keep Dir in any case

	// Damage adds faults that only a comparison of the stores can mend: lost
	// and changed objects.
	Damage bool
	// DropIndex adds dropped collections.
	DropIndex bool
	// FullDisk adds full disks. It needs the right to mount a tmpfs.
	FullDisk bool

	Out io.Writer // takes what happens, line by line; default: nobody is told
}

// The defaults of Config.
const (
	DefaultFaults  = 200
	DefaultCommits = 50
	DefaultPace    = 700 * time.Millisecond
	DefaultSettle  = 5 * time.Minute
)

// most faults under way at once.
const most = 4

// run is one run of the harness.
type run struct {
	cfg     Config
	dir     string
	logs    string
	log     *slog.Logger
	history history
	stores  map[string]*store
	workers map[string]*process
	feed    *feed
	env     []string

	targets map[string]chan struct{} // held while a fault works on it

	mu     sync.Mutex
	report Report
}

// Run does everything and returns what was found. The error is of the harness
// itself; what is wrong with leat is in the report's violations.
func Run(ctx context.Context, cfg Config) (Report, error) {
	r, err := prepare(cfg)
	if err != nil {
		return Report{}, err
	}
	err = r.run(ctx)
	r.report.Dir = r.dir
	if err == nil && len(r.report.Violations) == 0 && !cfg.Keep {
		r.report.Dir = ""
		err = os.RemoveAll(r.dir)
	}
	return r.report, err
}

func prepare(cfg Config) (*run, error) {
	if cfg.Faults == 0 {
		cfg.Faults = DefaultFaults
	}
	if cfg.Commits == 0 {
		cfg.Commits = DefaultCommits
	}
	if cfg.Pace == 0 {
		cfg.Pace = DefaultPace
	}
	if cfg.Settle == 0 {
		cfg.Settle = DefaultSettle
	}
	if cfg.Out == nil {
		cfg.Out = io.Discard
	}
	r := &run{cfg: cfg, dir: cfg.Dir, stores: map[string]*store{}, workers: map[string]*process{}, targets: map[string]chan struct{}{}}
	var err error
	if r.dir == "" {
		// The path is short, so that Postgres' socket fits into it.
		if r.dir, err = os.MkdirTemp("", "leat-chaos-"); err != nil {
			return nil, err
		}
	}
	r.logs = filepath.Join(r.dir, "logs")
	if err := os.MkdirAll(r.logs, 0o700); err != nil {
		return nil, err
	}
	r.log = slog.New(slog.NewTextHandler(cfg.Out, nil))
	r.report = Report{Seed: cfg.Seed, Faults: map[Kind]int{}}
	for _, name := range slices.Concat(storeNames, workerNames) {
		r.targets[name] = make(chan struct{}, 1)
	}
	return r, nil
}

func (r *run) run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, r.stop()) }()
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"set up", r.setUp},
		{"start the stores and workers", r.start},
		{"break things", r.breakThings},
		{"settle", r.settle},
		{"check", r.check},
		{"end the workers", r.endWorkers},
		{"compare with a fresh index", r.compare},
	} {
		r.log.Info(step.name)
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return nil
}

func (r *run) setUp(context.Context) (err error) {
	repo := filepath.Join(r.dir, "repo.git")
	if r.cfg.Repo == "" {
		r.history, err = invent(repo, r.cfg.Seed, r.cfg.Commits)
	} else {
		r.history, err = take(repo, r.cfg.Repo, r.cfg.Commits)
	}
	if err != nil {
		return err
	}
	r.report.Commits = len(r.history.commits)
	if r.cfg.Bin != "" {
		return nil
	}
	r.cfg.Bin = filepath.Join(r.dir, "bin")
	return build(r.cfg.Bin)
}

func (r *run) start(ctx context.Context) error {
	for _, name := range storeNames {
		s, err := newStore(r.dir, r.logs, name)
		if err != nil {
			return err
		}
		r.stores[name] = s
		if r.cfg.FullDisk && slices.Contains(disks, name) {
			if err := s.mount(); err != nil {
				return err
			}
		}
	}
	var starting sync.WaitGroup
	errs := make([]error, len(storeNames))
	for i, name := range storeNames {
		starting.Go(func() { errs[i] = r.stores[name].start() })
	}
	starting.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	r.env = environment(r.stores)
	for _, name := range workerNames {
		w, err := newWorker(r.dir, r.logs, r.cfg.Bin, name, r.env)
		if err != nil {
			return err
		}
		r.workers[name] = w
		if err := w.start(); err != nil {
			return err
		}
	}
	var err error
	r.feed, err = newFeed(ctx, natsURL(r.env), r.history.dir, r.log)
	return err
}

// breakThings pushes commits and lets faults loose, a fixed number of faults
// for each commit, and one more when all others have ended.
func (r *run) breakThings(ctx context.Context) error {
	faults := draw(r.cfg)
	var pushed int
	push := func(until int) error {
		for ; pushed < until; pushed++ {
			if err := r.history.push(pushed); err != nil {
				return err
			}
			if err := r.feed.submit(); err != nil {
				return err
			}
		}
		return nil
	}
	if err := push(1); err != nil {
		return err
	}
	began := time.Now()
	room := make(chan struct{}, most)
	var under sync.WaitGroup
	defer under.Wait() // whoever ends the run early finds nothing under way
	for i, f := range faults {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(f.after):
		}
		if err := push(max(1, (i+1)*len(r.history.commits)/len(faults))); err != nil {
			return err
		}
		room <- struct{}{}
		under.Go(func() {
			defer func() { <-room }()
			r.inflict(ctx, f)
		})
	}
	under.Wait()
	// A worker that starts makes the streams. Now none does, and those that run
	// have to get over the loss.
	r.awaitReady(ctx)
	r.inflict(ctx, fault{kind: WipeNATS, target: storeNATS})
	r.report.Breaking = time.Since(began)
	return push(len(r.history.commits))
}

// inflict does one fault to its end, alone with its target.
func (r *run) inflict(ctx context.Context, f fault) {
	target := r.targets[f.target]
	target <- struct{}{}
	defer func() { <-target }()
	r.log.Info("fault", "kind", f.kind, "target", f.target, "for", f.lasts)
	r.mu.Lock()
	r.report.Faults[f.kind]++
	r.mu.Unlock()
	if err := r.perform(ctx, f); err != nil {
		r.violate("%s: %v", f, err)
	}
}

// violate notes something that must not be.
func (r *run) violate(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	r.log.Error("violation", "what", text)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Violations = append(r.report.Violations, text)
}
