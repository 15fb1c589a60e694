//go:build linux

// Command peers measures leat and other programs that index code, at the same work. It prints tables
// on standard error and JSON on standard output. See docs/performance.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/leatworks/leat/internal/bench/peer"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(2)
	}
}

func run() error {
	cfg := peer.Config{Out: os.Stderr}
	flag.StringVar(&cfg.Repo, "repo", ".", "repository whose HEAD is indexed")
	flag.IntVar(&cfg.Rounds, "rounds", peer.DefaultRounds, "how often each small change is made")
	programs := flag.String("programs", strings.Join(peer.Names, ","), "what is measured, in this order")
	flag.StringVar(&cfg.Leat, "leat", "", "file of the command leat (default: it is built)")
	flag.StringVar(&cfg.Install, "install", "", "directory where the other programs are installed, and stay (default: leat-peers in the user's cache)")
	flag.StringVar(&cfg.Dir, "dir", "", "directory of data and logs (default: a new one, removed if all goes well)")
	flag.BoolVar(&cfg.Keep, "keep", false, "keep data and logs")
	flag.Parse()
	cfg.Programs = strings.Split(*programs, ",")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	report, err := peer.Run(ctx, cfg)
	report.Write(os.Stderr)
	if err != nil {
		return err
	}
	return report.WriteJSON(os.Stdout)
}
