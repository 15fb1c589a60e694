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
	CPU     float64   `json:"cpu_ms"` // processor time of one query, without that of the stores
}

// searchByCommand asks some of the queries, one after another.
func (r *run) searchByCommand(ctx context.Context, queries []string) (c ByCommand, err error) {
	queries = queries[:min(len(queries), mostCommands)]
	var took []time.Duration
	var cpu time.Duration
	for _, query := range queries {
		one, used, err := r.searchCommand(ctx, r.env, query)
		if err != nil {
			return c, err
		}
		took, cpu = append(took, one), cpu+used
	}
	n := len(queries)
	return ByCommand{n, latencies(took), cpu.Seconds() * 1000 / float64(max(n, 1))}, nil
}

// ByServer holds the latency of queries that leat search asks of a gateway, each by a process
// of its own, and of the HTTP call alone. Each query is asked both ways in turn.
type ByServer struct {
	Queries int       `json:"queries"`
	Command Latencies `json:"command"`
	Call    Latencies `json:"call"`
	Above   Latencies `json:"above"` // for each query, the time of the command minus that of the call
}

// searchByServer asks some of the queries of a gateway, one after another.
func (r *run) searchByServer(ctx context.Context, g *gateway, queries []string) (b ByServer, err error) {
	queries = queries[:min(len(queries), mostCommands)]
	env := []string{"LEAT_SERVER=" + g.url, "LEAT_TOKEN=" + g.token}
	var commands, calls, above []time.Duration
	for _, query := range queries {
		began := time.Now()
		if err := g.search(ctx, query); err != nil {
			return b, err
		}
		call := time.Since(began)
		command, _, err := r.searchCommand(ctx, env, query)
		if err != nil {
			return b, err
		}
		commands, calls, above = append(commands, command), append(calls, call), append(above, command-call)
	}
	return ByServer{len(queries), latencies(commands), latencies(calls), latencies(above)}, nil
}

// searchCommand asks a query with leat search. It returns the time and the processor time.
func (r *run) searchCommand(ctx context.Context, env []string, query string) (took, cpu time.Duration, err error) {
	cmd := exec.CommandContext(ctx, filepath.Join(r.cfg.Bin, "leat"), "search", "--json", query)
	cmd.Env = append(os.Environ(), env...)
	began := time.Now()
	_, err = cmd.Output()
	took = time.Since(began)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return 0, 0, fmt.Errorf("leat search: %w: %s", err, exit.Stderr)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("leat search: %w", err)
	}
	return took, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}
