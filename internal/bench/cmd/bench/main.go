//go:build linux

// Command bench measures a whole leat beside the bare parts it is made of. It
// prints tables on standard error and JSON on standard output. See
// docs/performance.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/leatworks/leat/internal/bench"
	"github.com/leatworks/leat/internal/stack"
)

func main() {
	stack.Serve()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
}

func run() error {
	cfg := bench.Config{Out: os.Stderr}
	flag.StringVar(&cfg.Repo, "repo", "", "repository whose HEAD is ingested (default: one is invented)")
	flag.IntVar(&cfg.Files, "files", bench.DefaultFiles, "how many files the invented repository has")
	flag.Uint64Var(&cfg.Seed, "seed", 1, "seed of the invented repository; the same one makes the same files")
	flag.IntVar(&cfg.Rounds, "rounds", bench.DefaultRounds, "how often each small change is made")
	flag.IntVar(&cfg.Rebuilds, "rebuilds", bench.DefaultRebuilds, "how often the index is rebuilt")
	flag.Func("rename", "comma-separated directories at the root that are renamed one after another (default: the largest)", func(list string) error {
		cfg.Directories = strings.Split(list, ",")
		return nil
	})
	flag.IntVar(&cfg.Queries, "queries", bench.DefaultQueries, "how many queries are asked")
	flag.IntVar(&cfg.Many, "many", 0, "how many small repositories are ingested, instead of all phases")
	flag.DurationVar(&cfg.Poll, "poll", 0, "interval of polls of these repositories, which are watched for two of them; 0: none")
	flag.IntVar(&cfg.Pairs, "telemetry", 3, "how many pairs of cold ingests show the cost of telemetry; 0: none")
	flag.BoolVar(&cfg.Search, "search", false, "measure only the first ingest and the search")
	flag.BoolVar(&cfg.Changes, "changes", false, "measure only the first ingest, its symbol graph and the small changes, without floors")
	flag.BoolVar(&cfg.Again, "again", false, "measure only the search, in the stores that an earlier run kept in -dir")
	flag.BoolVar(&cfg.Fast, "fast", false, "run stores that need not survive the death of the machine")
	flag.StringVar(&cfg.Bin, "bin", "", "directory of the binaries (default: they are built)")
	flag.StringVar(&cfg.Qdrant, "qdrant-url", "", "http://HOST:PORT of the gRPC API of an empty Qdrant without a key (default: the embedded server)")
	flag.IntVar(&cfg.QdrantID, "qdrant-pid", 0, "process id of this Qdrant, so that its processor time and memory are measured")
	flag.StringVar(&cfg.Dir, "dir", "", "directory of data and logs (default: a new one, removed if all goes well)")
	flag.BoolVar(&cfg.Keep, "keep", false, "keep data and logs")
	flag.BoolVar(&cfg.Profile, "profile", false, "keep a CPU profile of each worker and store beside data and logs")
	flag.Parse()
	if cfg.Repo != "" {
		var err error
		if cfg.Repo, err = filepath.Abs(cfg.Repo); err != nil {
			return err
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	report, err := bench.Run(ctx, cfg)
	report.Write(os.Stderr)
	if err != nil {
		return err
	}
	return report.WriteJSON(os.Stdout)
}
