//go:build linux

package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leatworks/leat/internal/stack"
	"github.com/leatworks/leat/internal/wait"
)

// Polls says what it costs to ask the remotes of many repositories whether they have moved, and how
// the questions are spread. It covers two whole intervals.
type Polls struct {
	Interval     float64 `json:"interval_seconds"`
	Polled       int     `json:"polled"`        // repositories that were asked for at least once
	Once         int     `json:"once_each"`     // of these, repositories that were asked for once in each interval
	Questions    int     `json:"ls_remotes"`    // processes of git ls-remote
	Others       int     `json:"other_gits"`    // other processes of git
	Late         float64 `json:"late_p95"`      // share of the interval by which the time between two questions differs from it
	Latest       float64 `json:"late_most"`     // the most of these
	Busiest      float64 `json:"busiest_tenth"` // questions in the busiest tenth of an interval, as a multiple of a tenth of all
	Statements   float64 `json:"statements"`    // of SQL, for each question, those of the other workers included
	S3           float64 `json:"s3_requests"`   // for each question
	WorkersCPUms float64 `json:"workers_cpu_ms"`
	StoresCPUms  float64 `json:"stores_cpu_ms"` // both for each question
}

// gitCalls is a directory with a git that writes down when and with what it was called.
type gitCalls struct{ dir string }

const gitWrapper = `#!/bin/bash
printf '%%s %%s\n' "$EPOCHREALTIME" "$*" >> '%s'
exec '%s' "$@"
`

func newGitCalls(dir string) (gitCalls, error) {
	real, err := exec.LookPath("git")
	if err != nil {
		return gitCalls{}, err
	}
	c := gitCalls{dir}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return c, err
	}
	return c, os.WriteFile(filepath.Join(dir, "git"), fmt.Appendf(nil, gitWrapper, c.log(), real), 0o700)
}

func (c gitCalls) log() string { return filepath.Join(c.dir, "calls") }

// call is one run of git.
type call struct {
	at         time.Time
	arguments  string
	lsRemote   bool
	repository string // the last argument
}

// between reads the calls in a span of time.
func (c gitCalls) between(from, to time.Time) (list []call, err error) {
	file, err := os.Open(c.log())
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		at, arguments, _ := strings.Cut(lines.Text(), " ")
		seconds, err := strconv.ParseFloat(at, 64)
		if err != nil {
			continue // the end of an argument with a line break
		}
		one := call{at: time.UnixMicro(int64(seconds * 1e6)), arguments: arguments}
		if one.at.Before(from) || !one.at.Before(to) {
			continue
		}
		for _, argument := range strings.Fields(arguments) {
			one.lsRemote = one.lsRemote || argument == "ls-remote"
			if strings.HasSuffix(argument, ".git") {
				one.repository = argument
			}
		}
		list = append(list, one)
	}
	return list, lines.Err()
}

// poll lets the workers poll all repositories. The first interval passes unwatched, since the
// syncer plans the polls in it.
func (r *run) poll(ctx context.Context, repos []repository) (*Polls, error) {
	calls, err := newGitCalls(filepath.Join(r.dir, "gitcalls"))
	if err != nil {
		return nil, err
	}
	r.log.Info("polls", "interval", r.cfg.Poll)
	env := append(slices.Clone(r.env), "LEAT_POLL_INTERVAL="+r.cfg.Poll.String(), "PATH="+calls.dir+":"+os.Getenv("PATH"))
	if err := r.restart(ctx, env, "ingestor", "syncer"); err != nil {
		return nil, err
	}
	if err := wait.For(ctx, r.cfg.Poll+r.cfg.Poll/4); err != nil {
		return nil, err
	}
	before, err := r.usage(ctx)
	if err != nil {
		return nil, err
	}
	from := time.Now()
	if err := wait.For(ctx, 2*r.cfg.Poll); err != nil {
		return nil, err
	}
	to := time.Now()
	after, err := r.usage(ctx)
	if err != nil {
		return nil, err
	}
	var used Usage
	used.add(before, after)
	list, err := calls.between(from, to)
	if err != nil {
		return nil, err
	}
	p := pollsOf(list, from, r.cfg.Poll)
	if n := float64(p.Questions); n > 0 {
		p.Statements = float64(used.requests(stack.Postgres, "statement")) / n
		for _, count := range used.Stores[stack.S3].Requests {
			p.S3 += float64(count) / n
		}
		workers, stores := used.cpu()
		p.WorkersCPUms, p.StoresCPUms = workers*1000/n, stores*1000/n
	}
	return &p, nil
}

// pollsOf counts the calls of two intervals.
func pollsOf(list []call, from time.Time, interval time.Duration) Polls {
	p := Polls{Interval: interval.Seconds()}
	at := make(map[string][]time.Time)
	tenths := make([]int, 20)
	for _, c := range list {
		if !c.lsRemote {
			p.Others++
			continue
		}
		p.Questions++
		at[c.repository] = append(at[c.repository], c.at)
		tenths[min(int(c.at.Sub(from)*10/interval), len(tenths)-1)]++
	}
	p.Polled = len(at)
	var late []float64
	for _, times := range at {
		if len(times) == 2 {
			p.Once++
		}
		slices.SortFunc(times, time.Time.Compare)
		for i := 1; i < len(times); i++ {
			late = append(late, math.Abs(times[i].Sub(times[i-1]).Seconds()/interval.Seconds()-1))
		}
	}
	slices.Sort(late)
	if len(late) > 0 {
		p.Late, p.Latest = late[int(0.95*float64(len(late)-1))], late[len(late)-1]
	}
	if p.Questions > 0 {
		p.Busiest = float64(slices.Max(tenths)) * 20 / float64(p.Questions)
	}
	return p
}

// restart ends workers and starts them with another environment.
func (r *run) restart(ctx context.Context, env []string, names ...string) error {
	for _, name := range names {
		if err := r.workers[name].End(stack.StopPatience); err != nil {
			return err
		}
		w, err := stack.NewWorker(r.dir, r.logs, r.cfg.Bin, name, name, env)
		if err != nil {
			return err
		}
		if err := w.Start(); err != nil {
			return err
		}
		r.workers[name] = w
	}
	if err := r.awaitReady(ctx); err != nil {
		return err
	}
	r.watcher.close()
	r.watch()
	r.floor.watcher = r.watcher
	return nil
}

func (p Polls) write(w io.Writer) {
	fmt.Fprintf(w, "  polls every %.0f s: %d repositories, %d of them once an interval; %d git ls-remote and %d other gits in two intervals\n",
		p.Interval, p.Polled, p.Once, p.Questions, p.Others)
	fmt.Fprintf(w, "    the interval is missed by %.1f %% (p95), %.1f %% (most); the busiest tenth has %.2f times its share\n", 100*p.Late, 100*p.Latest, p.Busiest)
	fmt.Fprintf(w, "    for each: %.1f statements, %.2f requests to S3, %.1f and %.1f ms of processor time of workers and stores\n", p.Statements, p.S3, p.WorkersCPUms, p.StoresCPUms)
}
