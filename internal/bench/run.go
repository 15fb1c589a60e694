//go:build linux

package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/internal/stack"
)

// Config chooses the measurements.
type Config struct {
	Repo     string // repository whose HEAD is ingested; default: one is invented
	Files    int    // of the invented one; default 1,000
	Seed     uint64 // of the invented one
	Rounds   int    // of each small change; the median counts; default 5
	Rebuilds int    // of the index, one after another; default 1
	Queries  int    // of the search; default 200

	Directories []string // at the root, each of which is renamed; default: the one with the most documents

	Many     int           // small repositories that are ingested, in place of all phases; default 0: none
	Poll     time.Duration // interval of polls of these, each of which is watched for two intervals; default 0: none
	Pairs    int           // of cold ingests with and without telemetry, each some 25 seconds at rest; default 0: none
	Search   bool          // measure only the first ingest and the search; default false
	Changes  bool          // measure only the first ingest, its symbol graph and the small changes, without floors; default false
	Again    bool          // measure only the search, in the stores that an earlier run kept in Dir; default false
	Fast     bool          // the stores need not survive the death of the machine; default false
	Bin      string        // directory of the workers' and leat's binaries; default: they are built
	Dir      string        // holds everything, and is removed if all went well; default: a new one below the system's
	Keep     bool          // keep Dir in any case
	Qdrant   string        // http://HOST:PORT of the gRPC API of an empty Qdrant; default: the embedded server
	QdrantID int           // process id of this Qdrant, which is then measured; default: it is not measured
	Profile  bool          // let each worker and store write a CPU profile into Dir, which is kept; default false

	Out io.Writer // gets a line for each step; default: none
}

// The defaults of Config.
const (
	DefaultFiles    = 1000
	DefaultRounds   = 5
	DefaultRebuilds = 1
	DefaultQueries  = 200
)

var workerNames = []string{"ingestor", "embedder", "indexer", "syncer"}

func isStore(name string) bool { return slices.Contains(stack.StoreNames, name) }

// run is one run of the harness.
type run struct {
	cfg     Config
	dir     string
	logs    string
	log     *slog.Logger
	repo    repository
	stores  map[string]*stack.Store
	relays  map[string]*relay
	tallies map[string]*tally
	workers map[string]*stack.Process
	watcher *watcher
	leat    *leat
	floor   *floor
	env     []string

	revision int64 // revision that was indexed last
	report   Report
}

// Run goes through all phases and returns the measurements.
func Run(ctx context.Context, cfg Config) (Report, error) {
	r, err := prepare(cfg)
	if err != nil {
		return Report{}, err
	}
	err = r.run(ctx)
	r.report.Dir = r.dir
	if err == nil && !r.cfg.Keep && !r.cfg.Profile && !r.cfg.Again {
		r.report.Dir = ""
		err = os.RemoveAll(r.dir)
	}
	return r.report, err
}

func prepare(cfg Config) (*run, error) {
	cfg.Files, cfg.Rounds = cmp.Or(cfg.Files, DefaultFiles), cmp.Or(cfg.Rounds, DefaultRounds)
	cfg.Rebuilds, cfg.Queries = cmp.Or(cfg.Rebuilds, DefaultRebuilds), cmp.Or(cfg.Queries, DefaultQueries)
	if cfg.Out == nil {
		cfg.Out = io.Discard
	}
	r := &run{
		cfg: cfg, dir: cfg.Dir, log: slog.New(slog.NewTextHandler(cfg.Out, nil)),
		stores: map[string]*stack.Store{}, relays: map[string]*relay{}, workers: map[string]*stack.Process{},
		tallies: map[string]*tally{stack.S3: {}, stack.Postgres: {}},
	}
	if cfg.Again && cfg.Dir == "" {
		return nil, errors.New("to measure a search again, name the directory that an earlier run kept: -dir")
	}
	if r.dir == "" {
		var err error
		if r.dir, err = os.MkdirTemp("", "leat-bench-"); err != nil {
			return nil, err
		}
	}
	r.logs = filepath.Join(r.dir, "logs")
	return r, os.MkdirAll(r.logs, 0o700)
}

func (r *run) run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, r.stop()) }()
	type step struct {
		name string
		do   func(context.Context) error
	}
	steps := []step{
		{"make the repository", r.setUp},
		{"start the stores", r.startStores},
		{"start the workers", r.startWorkers},
		{"measure", r.measure},
		{"search", r.search},
		{"telemetry", r.telemetry},
	}
	if r.cfg.Changes {
		steps = steps[:4]
	}
	if r.cfg.Again {
		steps = []step{{"build", r.build}, {"start the stores", r.startStores}, {"open the stores", r.openAgain}, {"search", r.search}}
	}
	if r.cfg.Many > 0 {
		steps = append(steps[:3], step{"many repositories", r.many})
	}
	for _, step := range steps {
		r.log.Info(step.name)
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return nil
}

func (r *run) setUp(ctx context.Context) (err error) {
	dir := filepath.Join(r.dir, "repo.git")
	if r.cfg.Repo != "" {
		r.report.Repository = r.cfg.Repo
		r.repo, err = copyOf(ctx, dir, r.cfg.Repo)
	} else {
		r.report.Seed = r.cfg.Seed
		r.repo, err = invented(ctx, dir, r.cfg.Seed, r.cfg.Files)
	}
	if err != nil {
		return err
	}
	return r.build(ctx)
}

// build makes the binaries, unless they were given.
func (r *run) build(context.Context) error {
	if r.cfg.Bin != "" {
		return nil
	}
	r.cfg.Bin = filepath.Join(r.dir, "bin")
	return stack.Build(r.cfg.Bin)
}

func (r *run) startStores(context.Context) error {
	var starting sync.WaitGroup
	errs := make([]error, len(stack.StoreNames))
	for i, name := range stack.StoreNames {
		if name == stack.Qdrant && r.cfg.Qdrant != "" {
			continue
		}
		s, err := stack.NewStore(r.dir, r.logs, name, r.cfg.Fast)
		if err != nil {
			return err
		}
		if r.cfg.Profile {
			s.Profile = filepath.Join(r.dir, name+".pprof")
		}
		r.stores[name] = s
		starting.Go(func() { errs[i] = s.Start() })
	}
	starting.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	taps := map[string]func() io.Writer{
		stack.S3:       func() io.Writer { return &httpTap{tally: r.tallies[stack.S3]} },
		stack.Postgres: func() io.Writer { return &postgresTap{tally: r.tallies[stack.Postgres]} },
	}
	for name, s := range r.stores {
		network, address, err := s.Listens()
		if err != nil {
			return err
		}
		if r.relays[name], err = newRelay(network, address, taps[name]); err != nil {
			return err
		}
	}
	if r.cfg.Qdrant == "" {
		return nil
	}
	u, err := url.Parse(r.cfg.Qdrant)
	if err != nil {
		return err
	}
	r.relays[stack.Qdrant], err = newRelay("tcp", u.Host, nil)
	return err
}

// endpoints returns the addresses of all stores.
func (r *run) endpoints() devstack.Endpoints {
	e := r.stores[stack.S3].Endpoints()
	e.NATS, e.Postgres = r.stores[stack.NATS].Endpoints().NATS, r.stores[stack.Postgres].Endpoints().Postgres
	if e.Qdrant = r.cfg.Qdrant; e.Qdrant == "" {
		points := r.stores[stack.Qdrant].Endpoints()
		e.Qdrant, e.QdrantKey = points.Qdrant, points.QdrantKey
	}
	return e
}

func (r *run) startWorkers(ctx context.Context) error {
	err := r.address(ctx)
	if err != nil {
		return err
	}
	for _, name := range workerNames {
		env := r.env
		if r.cfg.Profile {
			env = append(slices.Clone(env), "LEAT_PROFILE="+filepath.Join(r.dir, name+".pprof"))
		}
		w, err := stack.NewWorker(r.dir, r.logs, r.cfg.Bin, name, name, env)
		if err != nil {
			return err
		}
		r.workers[name] = w
		if err := w.Start(); err != nil {
			return err
		}
	}
	if err := r.awaitReady(ctx); err != nil {
		return err
	}
	if err := r.open(ctx); err != nil {
		return err
	}
	r.floor, err = openFloor(ctx, r.dir, r.repo, r.leat, r.endpoints(), r.watcher)
	return err
}

// address lists the settings with which workers and commands reach each store through its relay.
func (r *run) address(context.Context) (err error) {
	at := make(map[string]string)
	for name, relay := range r.relays {
		at[name] = relay.Addr()
	}
	r.env, err = stack.Environment(r.endpoints(), at)
	return err
}

// open watches the processes and opens the stores.
func (r *run) open(ctx context.Context) (err error) {
	r.watch()
	r.leat, err = open(ctx, r.endpoints())
	return err
}

// watch measures the workers and the stores from now on.
func (r *run) watch() {
	pids := make(map[string]int)
	for name, w := range r.workers {
		pids[name] = w.PID()
	}
	for name, s := range r.stores {
		pids[name] = s.PID()
	}
	if r.cfg.QdrantID != 0 {
		pids[stack.Qdrant] = r.cfg.QdrantID
	}
	r.watcher = watch(pids)
}

// openAgain opens the stores of an earlier run, and only the floors of a search.
func (r *run) openAgain(ctx context.Context) error {
	if err := errors.Join(r.address(ctx), r.open(ctx)); err != nil {
		return err
	}
	r.floor = &floor{leat: r.leat, watcher: r.watcher}
	return r.floor.dialPoints(r.endpoints())
}

const readyInterval = 20 * time.Millisecond

func (r *run) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stack.StartPatience)
	defer cancel()
	for _, name := range workerNames {
		for !r.workers[name].Ready() {
			select {
			case <-r.workers[name].Over():
				return fmt.Errorf("%s has ended: %s", name, r.workers[name].LastWords())
			case <-ctx.Done():
				return fmt.Errorf("%s is not ready: %s", name, r.workers[name].LastWords())
			case <-time.After(readyInterval):
			}
		}
	}
	return nil
}

// stop ends all processes, the workers before the stores.
func (r *run) stop() error {
	if r.watcher != nil {
		r.watcher.close()
	}
	if r.floor != nil {
		r.floor.close()
	}
	if r.leat != nil {
		r.leat.close()
	}
	var processes []*stack.Process
	for _, s := range r.stores {
		processes = append(processes, &s.Process)
	}
	errs := []error{end(slices.Collect(maps.Values(r.workers)))}
	for _, relay := range r.relays {
		relay.Close()
	}
	return errors.Join(append(errs, end(processes))...)
}

func end(processes []*stack.Process) error {
	errs := make([]error, len(processes))
	var ending sync.WaitGroup
	for i, p := range processes {
		ending.Go(func() { errs[i] = p.End(stack.StopPatience) })
	}
	ending.Wait()
	return errors.Join(errs...)
}
