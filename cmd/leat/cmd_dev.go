package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/sync/errgroup"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/internal/telemetry"
	"github.com/leatworks/leat/internal/worker"
	"github.com/leatworks/leat/pipeline/catalog"
)

const (
	// oncePatience is the number of failed attempts that --once waits for: about half
	// a minute.
	oncePatience = 3
	// devDrain is the time that `leat dev` gives work in flight at its end.
	devDrain = 5 * time.Second
)

type devCmd struct {
	Submit []string `sep:"none" placeholder:"REPO" help:"Submit this repository. May be repeated."`
	Ref    string   `placeholder:"REF" help:"Branch, tag or full ref name of what is submitted. Default: the remote's default branch."`
	Once   bool     `help:"Exit when everything submitted is indexed or has failed."`
	config.Git
	config.Filter
	config.Guard
	config.Bulk
	config.Parser
	config.Upkeep

	GatewayListen config.Address `env:"LEAT_GATEWAY_LISTEN" placeholder:"ADDR" help:"Address of the HTTP API, /healthz, /readyz and /metrics; none: no such address. Default: 127.0.0.1:8475, or another port if that one is in use."`
	Door          config.Door    `embed:"" prefix:"gateway-"`
}

func (cmd *devCmd) Run(ctx context.Context, g *globals, command *kong.Context) error {
	submissions, err := cmd.prepare(g)
	if err != nil {
		return err
	}
	dir, err := g.dataDir()
	if err != nil {
		return err
	}
	log, setLevel := cmd.logger(g, submissions)
	flush, err := telemetry.Start(ctx, "dev", log)
	if err != nil {
		return err
	}
	defer func() { _ = flush(context.WithoutCancel(ctx)) }()
	began := time.Now()
	door, err := cmd.listen(ctx, log)
	if err != nil {
		return err
	}
	defer door.close(ctx)
	g.gateway, g.later = door.url(), true
	s := &session{}
	defer s.close()
	stores, err := g.own(ctx, dir, s)
	if err != nil {
		return err
	}
	open, err := worker.Open(ctx, stores, "dev", log)
	if err != nil {
		return err
	}
	defer open.Close()
	open.Meter, open.Health = door.metrics.Meter(), door.health
	door.health.Open(open)
	answer := func(ctx context.Context) error {
		return door.beside(ctx, open, stores, cmd.Door, localGit(cmd.Git, dir), log, func(ctx context.Context) error {
			if err := s.announce(stores); err != nil {
				return err
			}
			if !g.JSON {
				cmd.greet(g, dir, stores.NATSURL, time.Since(began))
			}
			return cmd.ingest(ctx, g, open, stores, submissions)
		})
	}
	live, err := config.NewLive(slices.DeleteFunc(command.Flags(), func(f *kong.Flag) bool {
		return strings.HasPrefix(f.Name, "gateway-") // a change of these does not start the workers anew
	}))
	if err != nil {
		return err
	}
	return beside(ctx, answer, func(ctx context.Context) error {
		return open.Reconfigured(ctx, live, setLevel, log, func(ctx context.Context) error {
			return workers(ctx, open, cmd.ingestor(g, stores, dir), cmd.Upkeep, log, true)
		})
	})
}

// greet prints all addresses. Everything answers by now.
func (cmd *devCmd) greet(g *globals, dir, nats string, took time.Duration) {
	note("leat is ready in %s; data in %s", took.Round(time.Millisecond), dir)
	if !cmd.Once && g.NATSURL == "" {
		note("NATS: %s", showNATS(dir, nats))
	}
	if g.gateway != "" {
		note("HTTP API at %s/api/v1", g.gateway)
	}
}

// announce tells other commands about the embedded stores, if this one has started them, and where
// the other stores are. An address with a password is not told: others have to name that store.
func (s *session) announce(stores config.Stores) error {
	if s.stack == nil {
		return nil
	}
	return s.stack.Announce(devstack.Endpoints{
		NATS: told(stores.NATSURL), Postgres: told(stores.PostgresURL), S3: told(stores.S3URL), Qdrant: told(stores.QdrantURL),
	})
}

// told returns an address unless it may hold a password or a token.
func told(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" && u.Scheme == "" || strings.Contains(u.RawQuery, "password") {
		return ""
	}
	if _, secret := u.User.Password(); secret || strings.Contains(address, "@") && u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return ""
	}
	return address
}

// prepare checks what can be checked before any server starts.
func (cmd *devCmd) prepare(g *globals) ([]service.Submission, error) {
	for _, part := range []interface{ Check() error }{cmd.Git, cmd.Filter, cmd.Guard, cmd.Bulk, cmd.Parser, cmd.Upkeep, cmd.Door} {
		if err := part.Check(); err != nil {
			return nil, err
		}
	}
	if err := g.check(); err != nil {
		return nil, err
	}
	submissions := make([]service.Submission, len(cmd.Submit))
	for i, repo := range cmd.Submit {
		var err error
		if submissions[i], err = service.NewSubmission(source, service.SubmitRequest{Tenant: g.Tenant, Repository: repo, Ref: cmd.Ref}); err != nil {
			return nil, err
		}
	}
	return submissions, nil
}

// own starts the embedded servers, or returns an error that names the process that runs them.
func (g *globals) own(ctx context.Context, dir string, s *session) (config.Stores, error) {
	stores, started, err := g.resolve(ctx, store.All, s)
	if err == nil && !started && embeddedParts(g.Stores) != 0 {
		err = fmt.Errorf("another 'leat dev' works on %s: submit to it with 'leat submit', end it, or name another directory with --data", dir)
	}
	return stores, err
}

// ingestor returns the configuration of the workers. It allows local paths, because
// whoever reaches the embedded servers can read those paths anyway: the servers ask for a
// token that only this user has. On other people's servers somebody else may publish.
func (cmd *devCmd) ingestor(g *globals, stores config.Stores, dir string) config.Ingestor {
	git := localGit(cmd.Git, dir)
	git.AllowLocal = cmd.AllowLocal || g.NATSURL == ""
	return config.Ingestor{Worker: g.worker(stores), Git: git, Filter: cmd.Filter, Guard: cmd.Guard, Bulk: cmd.Bulk, Parser: cmd.Parser}
}

// localGit is how this command reads repositories.
func localGit(git config.Git, dir string) config.Git {
	git.AllowLocal = true
	if git.Dir == "" {
		git.Dir = filepath.Join(dir, "mirrors")
	}
	return git
}

// ingest submits the repositories of --submit and follows them to the end. Without
// --once it then waits for more work.
func (cmd *devCmd) ingest(ctx context.Context, g *globals, s *worker.Stores, stores config.Stores, submissions []service.Submission) error {
	var keys []catalog.SubmissionKey
	svc := g.serve(s.Stores, stores)
	for _, sub := range submissions {
		if err := svc.Publish(ctx, sub); err != nil {
			return err
		}
		keys = append(keys, sub.Key)
	}
	patience := 0
	if cmd.Once {
		patience = oncePatience
	}
	err := follow(ctx, svc, g, keys, patience)
	if cmd.Once && (err == nil || errors.Is(err, errNo)) {
		log, _ := cmd.logger(g, submissions)
		if err := worker.MakeGraphs(ctx, s, cmd.Parser, log); err != nil {
			return err
		}
	}
	if cmd.Once || err != nil && !errors.Is(err, errNo) {
		return err
	}
	if !g.JSON {
		note("waiting for submissions; end with Ctrl-C")
	}
	<-ctx.Done()
	return nil
}

// logger returns the log of the workers. It keeps lines off the screen that repeat what the
// progress shows.
func (cmd *devCmd) logger(g *globals, submissions []service.Submission) (log *slog.Logger, setLevel func(slog.Level)) {
	l := g.Log
	if onTerminal(os.Stderr) || cmd.Once {
		l = g.quietLog()
	}
	shown := make(map[string]bool, len(submissions))
	for _, s := range submissions {
		shown[s.Key.Event] = true
	}
	level := new(slog.LevelVar)
	log = slog.New(unshown{l.Leveled(&g.screen, level).Handler(), shown})
	given := g.Level // settings of the catalog change g.Level
	return log, func(asked slog.Level) {
		if asked == given { // nobody has asked for another level
			asked = l.Level
		}
		level.Set(asked)
	}
}

// unshown drops log lines about events whose outcome the progress shows, unless they
// say more than that.
type unshown struct {
	slog.Handler
	events map[string]bool
}

func (u unshown) Handle(ctx context.Context, r slog.Record) error {
	shown, detailed := false, false
	r.Attrs(func(a slog.Attr) bool {
		shown = shown || a.Key == "event" && u.events[a.Value.String()]
		detailed = detailed || a.Key == "detail"
		return true
	})
	if shown && !detailed {
		return nil
	}
	return u.Handler.Handle(ctx, r)
}

func (u unshown) WithAttrs(attrs []slog.Attr) slog.Handler {
	return unshown{u.Handler.WithAttrs(attrs), u.events}
}

func (u unshown) WithGroup(name string) slog.Handler {
	return unshown{u.Handler.WithGroup(name), u.events}
}

// runWorkers runs the workers beside main, and ends them when main returns. If there is
// nothing to read, it leaves out the ingestor, the only worker that needs git.
func runWorkers(ctx context.Context, s *worker.Stores, cfg config.Ingestor, upkeep config.Upkeep, log *slog.Logger, main func(context.Context) error, withIngestor bool) error {
	return beside(ctx, main, func(ctx context.Context) error { return workers(ctx, s, cfg, upkeep, log, withIngestor) })
}

// beside runs work beside main, and ends it when main returns. An error of the work ends
// main.
func beside(ctx context.Context, main, work func(context.Context) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	group, run := errgroup.WithContext(ctx)
	group.Go(func() error { return work(run) })
	answer := main(run)
	stop()
	if err := group.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return answer
}

// workers runs the workers until ctx ends.
func workers(ctx context.Context, s *worker.Stores, cfg config.Ingestor, upkeep config.Upkeep, log *slog.Logger, withIngestor bool) error {
	group, run := errgroup.WithContext(ctx)
	if withIngestor {
		ingests := cfg
		ingests.InFlight = config.DefaultIngests
		group.Go(func() error { return worker.Ingest(run, s, ingests, log.With("worker", "ingestor")) })
	}
	group.Go(func() error { return worker.Embed(run, s, cfg.Worker, log.With("worker", "embedder")) })
	group.Go(func() error { return worker.Index(run, s, cfg.Worker, log.With("worker", "indexer")) })
	syncs := config.Syncer{Worker: cfg.Worker, Git: cfg.Git, Upkeep: upkeep, Parser: cfg.Parser}
	group.Go(func() error { return worker.Sync(run, s, syncs, log.With("worker", "syncer")) })
	return group.Wait()
}

// worker is the configuration of a worker in this process.
func (g *globals) worker(stores config.Stores) config.Worker {
	return config.Worker{Process: config.Process{Stores: stores, Log: g.Log, DrainTimeout: devDrain}, InFlight: config.DefaultInFlight}
}
