//go:build linux

package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// mostCommands is the number of queries that are asked by the command.
const mostCommands = 20

// ByCommand holds the cost of queries that leat search asks of the stores, each by a
// process of its own.
type ByCommand struct {
	Queries int       `json:"queries"`
	Took    Latencies `json:"took"`
	CPU     float64   `json:"cpu_ms"` // processor time of one, the stores' not included
}

// searchByCommand asks some of the queries, one after another.
func (r *run) searchByCommand(ctx context.Context, queries []string) (c ByCommand, err error) {
	queries = queries[:min(len(queries), mostCommands)]
	var took []time.Duration
	var cpu time.Duration
	for _, query := range queries {
		cmd := exec.CommandContext(ctx, filepath.Join(r.cfg.Bin, "leat"), "search", "--json", query)
		cmd.Env = append(os.Environ(), r.env...)
		began := time.Now()
		_, err := cmd.Output()
		took = append(took, time.Since(began))
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			return c, fmt.Errorf("leat search: %w: %s", err, exit.Stderr)
		}
		if err != nil {
			return c, fmt.Errorf("leat search: %w", err)
		}
		cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	n := len(queries)
	return ByCommand{n, latencies(took), cpu.Seconds() * 1000 / float64(max(n, 1))}, nil
}
