//go:build linux

package chaos

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leatworks/leat/internal/stack"
)

// Config chooses the faults, and the repository that the run goes through.
type Config struct {
	Seed    uint64        // of the schedule and the invented history
	Faults  int           // how many; default 200
	Commits int           // how many; default 50
	Repo    string        // repository whose last commits are replayed; default: a history is invented
	Pace    time.Duration // mean time from one fault to the next; default 700 ms
	Settle  time.Duration // time that leat may take to settle after the faults; default 5 min
	Bin     string        // directory of the workers' and leat's binaries; default: they are built
	Dir     string        // holds everything, and is removed if all went well; default: a new one below the system's
	Keep    bool          // keep Dir in any case

	Damage    bool // also lose and change objects, which only a comparison of the stores can mend
	DropIndex bool // also drop the collection
	FullDisk  bool // also fill disks, if a tmpfs can be mounted

	Out io.Writer // gets a line for each step; default: none
}

// The defaults of Config.
const (
	DefaultFaults  = 200
	DefaultCommits = 50
	DefaultPace    = 700 * time.Millisecond
	DefaultSettle  = 5 * time.Minute
)

// most is the largest number of faults under way at once.
const most = 4

// run is one run of the harness.
type run struct {
	cfg     Config
	dir     string
	logs    string
	log     *slog.Logger
	world   world
	stores  map[string]*proxied
	workers map[string]*stack.Process
	feed    *feed
	env     []string
	filter  atomic.Int64 // index in filters of the ingestors' present filter
	mounts  []string
	indexer indexer
	fresh   chan fresh // gets the fresh index

	idle        map[string]footprint // of each kind of worker, before the first fault
	connections map[string]int       // connections to each store, at the same time

	targets map[string]chan struct{} // held while a fault works on it

	mu      sync.Mutex
	report  Report
	windows []window // times in which a vector can have been lost
}

// Run does everything and returns its findings. An error means that the harness
// itself failed; the report's violations say what is wrong with leat.
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
	r := &run{cfg: cfg, dir: cfg.Dir, stores: map[string]*proxied{}, workers: map[string]*stack.Process{}, targets: map[string]chan struct{}{}, connections: map[string]int{}}
	r.indexer = indexer{queue: make(chan move, 256), made: map[index]string{}, now: map[index]int{}}
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
	for _, name := range slices.Concat(stack.StoreNames, workerNames) {
		r.targets[name] = make(chan struct{}, 1)
	}
	return r, nil
}

func (r *run) run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, r.stop()) }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"set up", r.setUp},
		{"start the stores and workers", r.start},
		{"warm up", r.warmUp},
		{"break things", r.breakThings},
		{"begin a fresh index", r.indexAnew},
		{"settle", r.settle},
		{"check", r.check},
		{"count the resources of the workers", r.checkFootprints},
		{"restore a backup", r.restore},
		{"restore parts of it into the living leat", r.restoreParts},
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
	if r.world, err = newWorld(r.dir, r.cfg); err != nil {
		return err
	}
	r.report.Commits = len(r.world.commits)
	signer := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	if err := os.WriteFile(filepath.Join(r.dir, "sign.key"), []byte(signer), 0o600); err != nil {
		return err
	}
	if r.cfg.Bin != "" {
		return nil
	}
	r.cfg.Bin = filepath.Join(r.dir, "bin")
	return build(r.cfg.Bin)
}

func (r *run) start(ctx context.Context) error {
	if err := r.mount(); err != nil {
		return err
	}
	for _, name := range stack.StoreNames {
		s, err := newProxied(r.dir, r.logs, name)
		if err != nil {
			return err
		}
		r.stores[name] = s
	}
	var starting sync.WaitGroup
	errs := make([]error, len(stack.StoreNames))
	for i, name := range stack.StoreNames {
		starting.Go(func() { errs[i] = r.stores[name].Start() })
	}
	starting.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	var err error
	if r.env, err = environment(r.stores); err != nil {
		return err
	}
	for _, name := range workerNames {
		w, err := r.newWorker(name)
		if err != nil {
			return err
		}
		r.workers[name] = w
		if err := w.Start(); err != nil {
			return err
		}
	}
	r.feed, err = newFeed(ctx, natsURL(r.env), r.log)
	return err
}

// breakThings moves the refs and injects faults. Each move gets a fixed number of faults, and one
// more comes when all others have ended.
func (r *run) breakThings(ctx context.Context) error {
	faults, moves := draw(r.cfg), drawIndexes(r.cfg.Seed, len(r.world.commits), drawMoves(r.cfg.Seed, len(r.world.commits)))
	began := time.Now()
	room := make(chan struct{}, most)
	var under, aside sync.WaitGroup
	backing, enough := context.WithCancel(ctx)
	aside.Go(func() { r.backUp(backing) })
	aside.Go(func() { r.turn(backing) })
	aside.Go(func() { r.tendIndexes(backing) })
	defer aside.Wait()
	defer enough()
	defer under.Wait() // even if the run ends early
	done := 0
	for i, f := range faults {
		for ; done < max(1, i*len(moves)/len(faults)); done++ {
			if err := r.move(moves[done], &under); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(f.after):
		}
		room <- struct{}{}
		under.Go(func() {
			defer func() { <-room }()
			r.inflict(ctx, f)
		})
	}
	for _, m := range moves[done:] {
		if err := r.move(m, &under); err != nil {
			return err
		}
	}
	under.Wait()
	// A starting worker makes the streams. None starts now, so the running workers have to recover
	// from the loss.
	r.awaitReady(ctx)
	if err := r.endIndexes(ctx); err != nil {
		return err
	}
	r.inflict(ctx, fault{kind: WipeNATS, target: stack.NATS})
	r.report.Breaking = time.Since(began)
	return ctx.Err()
}

// move makes the next change from outside. A change of the filter takes a while, and runs in the
// background.
func (r *run) move(m move, under *sync.WaitGroup) error {
	if m.filter != 0 {
		r.report.Filters++
		under.Go(func() { r.reconfigure(m.filter) })
		return nil
	}
	if m.index.language != "" {
		r.indexer.pending.Add(1)
		r.indexer.queue <- m
		return nil
	}
	r.report.Pushes++
	if err := r.world.push(m); err != nil {
		return err
	}
	return r.feed.submit(r.world.tracks[m.track])
}

// inflict carries out one fault to its end, with its target to itself.
func (r *run) inflict(ctx context.Context, f fault) {
	target := r.targets[f.target]
	target <- struct{}{}
	defer func() { <-target }()
	if f.kind == FillDisk && r.report.NoDisk != "" {
		return
	}
	r.log.Info("fault", "kind", f.kind, "target", f.target, "for", f.lasts)
	began := time.Now()
	if err := r.perform(ctx, f); err != nil {
		r.violate("%s: %v", f, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Faults[f.kind]++
	if f.canCost() {
		r.windows = append(r.windows, window{began, time.Now().Add(ackWait)})
	}
}

// violate records a broken promise.
func (r *run) violate(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	r.log.Error("violation", "what", text)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Violations = append(r.report.Violations, text)
}
