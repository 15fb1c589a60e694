// Command eval measures what searches find. It prints tables on standard error
// and JSON on standard output. See docs/quality.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
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
	flag.IntVar(&cfg.Questions, "questions", eval.DefaultQuestions, "largest number of questions of each kind about a repository")
	flag.IntVar(&cfg.History, "history", eval.DefaultHistory, "how many commits back the questions reach")
	flag.BoolVar(&cfg.Agent, "agent", false, "also measure the tokens that an agent reads until it sees a right file")
	var benchmark eval.BenchmarkConfig
	flag.StringVar(&benchmark.Dir, "annotations", "", "directory of an annotated benchmark: repos.json and annotations/NAME.json")
	flag.StringVar(&benchmark.Clones, "clones", "", "directory with a clone of each of its repositories; -repo names those to ask, by default all")
	flag.BoolVar(&benchmark.Whole, "whole", false, "search whole repositories, with tests, documents and examples")
	flag.BoolVar(&benchmark.Trials, "signals", false, "also measure each signal of the ranking alone, and all without it")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if benchmark.Dir == "" {
		report, err := eval.Run(ctx, cfg)
		return show(report, err)
	}
	if len(cfg.Embedders) > 1 {
		return errors.New("-annotations measures one embedder at a time")
	}
	benchmark.Only, benchmark.Described, benchmark.Out = cfg.Repos, cfg.Described, cfg.Out
	for _, name := range cfg.Embedders {
		benchmark.Embedder = name
	}
	report, err := eval.RunBenchmark(ctx, benchmark)
	return show(report, err)
}

// show prints the measurements, including those made before an error.
func show(report interface {
	Write(io.Writer)
	WriteJSON(io.Writer) error
}, err error) error {
	report.Write(os.Stderr)
	if err != nil {
		return err
	}
	return report.WriteJSON(os.Stdout)
}
