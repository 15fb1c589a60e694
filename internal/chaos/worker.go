//go:build linux

package chaos

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/leatworks/leat/internal/stack"
	"github.com/leatworks/leat/internal/wait"
)

// workerNames name two of each worker.
var workerNames = []string{
	"ingestor-1", "ingestor-2", "embedder-1", "embedder-2", "indexer-1", "indexer-2", "syncer-1", "syncer-2",
}

// Times for the workers in place of the defaults for production. The same things happen, but
// sooner.
var hurry = []string{
	"LEAT_LEASE=8s",
	"LEAT_ACK_WAIT=" + ackWait.String(),
	"LEAT_SCRUB_INTERVAL=5s",
	"LEAT_POINTS_INTERVAL=5s",
	"LEAT_GARBAGE_INTERVAL=5s",
	"LEAT_GARBAGE_GRACE=3s",
	"LEAT_APPROVE_SHARE=1", // nobody is there to approve
}

// pollInterval sets the interval of polls, which every other seed has. Without polls only the
// publisher and the syncer can bring back a lost submission.
const pollInterval = "LEAT_POLL_INTERVAL=10s"

func kindOf(worker string) string {
	kind, _, _ := strings.Cut(worker, "-")
	return kind
}

// newWorker prepares a worker's process.
func (r *run) newWorker(name string) (*stack.Process, error) {
	env := slices.Concat(r.env, hurry, []string{"LEAT_LOG_LEVEL=debug"})
	if r.cfg.Seed%2 == 1 {
		env = append(env, pollInterval)
	}
	w, err := stack.NewWorker(r.dir, r.logs, r.cfg.Bin, kindOf(name), name, env)
	if err != nil {
		return nil, err
	}
	command := w.Command
	w.Command = func() *exec.Cmd {
		cmd := command()
		cmd.Env = slices.Concat(cmd.Env, filters[r.filter.Load()])
		return cmd
	}
	return w, nil
}

// reconfigure gives one ingestor after the other another filter, and then submits all refs again,
// as an operator would.
func (r *run) reconfigure(filter int) {
	r.log.Info("change of the filter", "to", filters[filter])
	r.filter.Store(int64(filter))
	for _, name := range workerNames {
		if kindOf(name) == "ingestor" {
			r.restart(name)
		}
	}
	// This makes new submissions and does not repeat old ones, because a finished submission stays
	// finished, whatever the filter.
	for t := range r.pushed() {
		if err := r.feed.submit(t); err != nil {
			r.violate("submit again: %v", err)
		}
	}
}

// restart ends a worker in order and starts it again, while no fault touches the worker.
func (r *run) restart(name string) {
	target := r.targets[name]
	target <- struct{}{}
	defer func() { <-target }()
	w := r.workers[name]
	r.alive(w)
	w.AwaitWord(stack.StartPatience)
	if err := w.End(drainPatience); err != nil {
		r.violate("restart: %v", err)
	}
	if err := w.Start(); err != nil {
		r.violate("restart: %v", err)
	}
}

// awaitReady waits until each worker says that it is ready. All stores are up, so each must become
// ready.
func (r *run) awaitReady(ctx context.Context) {
	deadline := time.Now().Add(stack.StartPatience)
	for _, name := range workerNames {
		for !r.workers[name].Ready() {
			if ctx.Err() != nil || time.Now().After(deadline) {
				r.violate("%s is not ready: %s", name, r.workers[name].LastWords())
				return
			}
			_ = wait.For(ctx, settleInterval)
		}
	}
}

// build makes the binaries, with the race detector if this program has it.
// Their packages are then in the build cache, and their races are found.
func build(bin string) error {
	if race {
		return stack.Build(bin, "-race")
	}
	return stack.Build(bin)
}
