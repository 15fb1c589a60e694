// Command eval measures what searches find. It prints tables on standard error
// and JSON on standard output. See docs/quality.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/leatworks/leat/internal/eval"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "eval:", err)
		os.Exit(2)
	}
}

func run() error {
	cfg := eval.Config{Out: os.Stderr}
	list := func(to *[]string, name, usage string) {
		flag.Func(name, usage, func(value string) error {
			*to = append(*to, strings.Fields(value)...)
			return nil
		})
	}
	list(&cfg.Repos, "repo", "repositories whose HEAD is asked about, separated by blanks (default: this one)")
	list(&cfg.Cuts, "cut", "how they are cut: syntax, lines (default: both)")
	list(&cfg.Embedders, "embedder", "embedders to compare (default: local-384)")
	flag.StringVar(&cfg.Described, "embedders", "", "YAML file that describes embedders; see docs/embedders.md")
	flag.IntVar(&cfg.Questions, "questions", eval.DefaultQuestions, "most questions of each kind about a repository")
	flag.IntVar(&cfg.History, "history", eval.DefaultHistory, "how many commits back are asked for")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	report, err := eval.Run(ctx, cfg)
	report.Write(os.Stderr)
	if err != nil {
		return err
	}
	return report.WriteJSON(os.Stdout)
}
