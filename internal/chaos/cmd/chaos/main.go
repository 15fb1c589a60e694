//go:build linux

// Command chaos breaks a whole leat on purpose, and says whether it recovered.
// See docs/reliability.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/leatworks/leat/internal/chaos"
	"github.com/leatworks/leat/internal/stack"
)

func main() {
	stack.Serve()
	os.Exit(run())
}

func run() int {
	cfg := chaos.Config{Out: os.Stderr}
	flag.Uint64Var(&cfg.Seed, "seed", uint64(time.Now().UnixNano()%1_000_000), "seed of the schedule; the same one makes the same schedule")
	flag.IntVar(&cfg.Faults, "faults", chaos.DefaultFaults, "how many faults")
	flag.IntVar(&cfg.Commits, "commits", chaos.DefaultCommits, "how many commits")
	flag.StringVar(&cfg.Repo, "repo", "", "repository whose last commits are replayed (default: a history is invented)")
	flag.DurationVar(&cfg.Pace, "pace", chaos.DefaultPace, "mean time from one fault to the next")
	flag.DurationVar(&cfg.Settle, "settle", chaos.DefaultSettle, "how long leat may take to settle")
	flag.StringVar(&cfg.Bin, "bin", "", "directory of the binaries (default: they are built)")
	flag.StringVar(&cfg.Dir, "dir", "", "directory of data and logs (default: a new one, removed if the run is clean)")
	flag.BoolVar(&cfg.Keep, "keep", false, "keep data and logs of a clean run too")
	flag.BoolVar(&cfg.Damage, "damage", true, "also delete and change objects")
	flag.BoolVar(&cfg.DropIndex, "drop-index", true, "also drop the collection")
	flag.BoolVar(&cfg.FullDisk, "full-disk", true, "also fill disks, where a tmpfs may be mounted")
	flag.Parse()
	if cfg.Repo != "" {
		var err error
		if cfg.Repo, err = filepath.Abs(cfg.Repo); err != nil {
			fmt.Fprintln(os.Stderr, "chaos:", err)
			return 2
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	report, err := chaos.Run(ctx, cfg)
	report.Write(os.Stdout)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "chaos:", err)
		return 2
	case len(report.Violations) > 0:
		fmt.Printf("again with: make chaos SEED=%d FAULTS=%d COMMITS=%d REPO=%s\n", cfg.Seed, cfg.Faults, cfg.Commits, cfg.Repo)
		return 1
	}
	return 0
}
