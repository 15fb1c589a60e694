//go:build linux

package chaos

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/leatworks/leat/internal/stack"
	"github.com/leatworks/leat/internal/wait"
	"github.com/leatworks/leat/pipeline/catalog"
)

// footprint counts the resources that a worker holds.
type footprint struct{ goroutines, files int }

// The amount by which the workers' resources may grow between the first idle state and the end.
// Pools grow with the work.
const (
	slackGoroutines = 20
	slackFiles      = 20
	idlePatience    = 3 * time.Minute
)

// slackConnections is the same for all workers' connections to one store. Each
// has one to NATS, and a pool to Postgres that keeps its connections open.
var slackConnections = map[string]int{
	stack.NATS: 0, stack.Postgres: len(workerNames) * catalog.DefaultMaxConnections, stack.S3: 16, stack.Qdrant: 8,
}

// measure asks a worker for its footprint.
func (r *run) measure(ctx context.Context, name string) (f footprint, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	told, err := r.workers[name].Metrics(ctx)
	if err != nil {
		return f, err
	}
	f = footprint{int(told["go_goroutines"]), int(told["process_open_fds"])}
	if f.goroutines == 0 || f.files == 0 {
		return f, fmt.Errorf("%s does not report its goroutines and files", name)
	}
	return f, nil
}

// warmUp lets the workers index the repository that never changes, and then records their
// footprints.
func (r *run) warmUp(ctx context.Context) error {
	r.awaitReady(ctx)
	if err := r.feed.submit(r.world.tracks[trackCalm]); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Settle)
	defer cancel()
	if err := r.quiet(ctx); err != nil {
		return err
	}
	r.idle = make(map[string]footprint)
	for _, name := range workerNames {
		f, err := r.measure(ctx, name)
		if err != nil {
			return err
		}
		kind := kindOf(name)
		r.idle[kind] = footprint{max(f.goroutines, r.idle[kind].goroutines), max(f.files, r.idle[kind].files)}
	}
	for _, name := range stack.StoreNames {
		r.connections[name] = r.stores[name].relay.Count()
	}
	r.log.Info("idle", "workers", r.idle, "connections", r.connections)
	return nil
}

// checkFootprints waits until the workers hold no more than when they were
// first idle, within the slack.
func (r *run) checkFootprints(ctx context.Context) error {
	var held, over []string
	for deadline := time.Now().Add(idlePatience); ; _ = wait.For(ctx, 4*settleInterval) {
		held, over = r.compareFootprints(ctx)
		if len(over) == 0 || time.Now().After(deadline) || ctx.Err() != nil {
			break
		}
	}
	r.log.Info("idle again", "held", strings.Join(held, "; "))
	for _, what := range over {
		r.violate("leaked: %s", what)
	}
	return ctx.Err()
}

func (r *run) compareFootprints(ctx context.Context) (held, over []string) {
	say := func(what string, now, before, slack int, worst *int) {
		text := fmt.Sprintf("%s %d, %d before", what, now, before)
		held = append(held, text)
		*worst = max(*worst, now-before)
		if now > before+slack {
			over = append(over, text)
		}
	}
	r.report.Growth = growth{}
	for _, name := range workerNames {
		f, err := r.measure(ctx, name)
		if err != nil {
			over = append(over, err.Error())
			continue
		}
		idle := r.idle[kindOf(name)]
		say(name+" goroutines", f.goroutines, idle.goroutines, slackGoroutines, &r.report.Growth.Goroutines)
		say(name+" files", f.files, idle.files, slackFiles, &r.report.Growth.Files)
	}
	// Sessions are counted before the connections, so that a connection opened in between is not
	// taken for a leak.
	sessions, _, err := r.sessions(ctx)
	if err != nil {
		over = append(over, err.Error())
	}
	if links := r.stores[stack.Postgres].relay.Count(); sessions > links {
		over = append(over, fmt.Sprintf("%d sessions in postgres of %d connections", sessions, links))
	}
	for _, name := range stack.StoreNames {
		say(name+" connections", r.stores[name].relay.Count(), r.connections[name], slackConnections[name], &r.report.Growth.Connections)
	}
	return held, over
}

// growth is the highest growth of any worker, or of the connections to a store.
type growth struct{ Goroutines, Files, Connections int }
