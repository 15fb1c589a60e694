//go:build linux

package chaos

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// workerNames are two of each worker.
var workerNames = []string{
	"ingestor-1", "ingestor-2", "embedder-1", "embedder-2", "indexer-1", "indexer-2", "syncer-1", "syncer-2",
}

// Times of the workers, in place of the defaults that are for production: the
// same things happen, sooner.
var hurry = []string{
	"LEAT_LEASE=8s",
	"LEAT_ACK_WAIT=" + ackWait.String(),
	"LEAT_SCRUB_INTERVAL=5s",
	"LEAT_POINTS_INTERVAL=5s",
	"LEAT_GARBAGE_INTERVAL=5s",
	"LEAT_GARBAGE_GRACE=3s",
	"LEAT_APPROVE_SHARE=1", // nobody is there to approve
}

// pollInterval is what every other seed polls with. Without polls nobody but
// the publisher and the syncer can bring back a lost submission.
const pollInterval = "LEAT_POLL_INTERVAL=10s"

func kindOf(worker string) string {
	kind, _, _ := strings.Cut(worker, "-")
	return kind
}

// newWorker prepares a worker's process. Its temporary files and mirrors are
// where they can be looked for.
func (r *run) newWorker(name string) (*process, error) {
	home := filepath.Join(r.dir, name)
	for _, sub := range []string{"tmp", "mirrors"} {
		if err := os.MkdirAll(filepath.Join(home, sub), 0o700); err != nil {
			return nil, err
		}
	}
	env := slices.Concat(clean(os.Environ()), r.env, hurry)
	if r.cfg.Seed%2 == 1 {
		env = append(env, pollInterval)
	}
	env = append(env, "LEAT_LISTEN=127.0.0.1:0", "LEAT_LOG_LEVEL=debug", "LEAT_GIT_ALLOW_LOCAL=true",
		"LEAT_GIT_DIR="+filepath.Join(home, "mirrors"), "TMPDIR="+filepath.Join(home, "tmp"))
	return &process{
		name: name,
		log:  filepath.Join(r.logs, name+".log"),
		command: func() *exec.Cmd {
			cmd := exec.Command(filepath.Join(r.cfg.Bin, kindOf(name)))
			cmd.Env, cmd.Dir = slices.Concat(env, filters[r.filter.Load()]), home
			return cmd
		},
	}, nil
}

// reconfigure gives the ingestors another filter, one after the other, and then
// tells leat of all refs again, as operators do.
func (r *run) reconfigure(filter int) {
	r.log.Info("change of the filter", "to", filters[filter])
	r.filter.Store(int64(filter))
	for _, name := range workerNames {
		if kindOf(name) == "ingestor" {
			r.restart(name)
		}
	}
	// Not as before: what was submitted and done is done, whatever the filter.
	for t := range r.pushed() {
		if err := r.feed.submit(t); err != nil {
			r.violate("submit again: %v", err)
		}
	}
}

// restart ends a worker in order and starts it again, alone with it.
func (r *run) restart(name string) {
	target := r.targets[name]
	target <- struct{}{}
	defer func() { <-target }()
	w := r.workers[name]
	r.alive(w)
	w.awaitWord(startPatience)
	if err := w.end(drainPatience); err != nil {
		r.violate("restart: %v", err)
	}
	if err := w.start(); err != nil {
		r.violate("restart: %v", err)
	}
}

// awaitReady waits until each worker has said that it is ready. All stores are
// up; it has no reason not to be.
func (r *run) awaitReady(ctx context.Context) {
	deadline := time.Now().Add(startPatience)
	for _, name := range workerNames {
		for !ready(r.workers[name].log) {
			if ctx.Err() != nil || time.Now().After(deadline) {
				r.violate("%s is not ready: %s", name, r.workers[name].lastWords())
				return
			}
			pause(ctx, settleInterval)
		}
	}
}

func ready(log string) bool {
	text, err := os.ReadFile(log)
	return err == nil && bytes.LastIndex(text, []byte("msg=ready ")) > bytes.LastIndex(text, []byte("msg=starting "))
}

// clean leaves out what would configure leat.
func clean(env []string) []string {
	var left []string
	for _, variable := range env {
		if !strings.HasPrefix(variable, "LEAT_") && !strings.HasPrefix(variable, "PG") {
			left = append(left, variable)
		}
	}
	return left
}

// build makes the binaries, with the race detector if this program has it: what
// they were built from is in the cache then, and their races are found.
func build(bin string) error {
	args := []string{"build", "-ldflags=-s -w", "-o", bin + string(filepath.Separator)}
	if race {
		args = append(args, "-race")
	}
	cmd := exec.Command("go", append(args, "github.com/leatworks/leat/cmd/...")...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the workers: %w\n%s", err, out)
	}
	return nil
}
