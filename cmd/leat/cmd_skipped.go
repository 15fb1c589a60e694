package main

import (
	"context"
	"fmt"
	"os"
	"sort"
	"text/tabwriter"

	"github.com/leatworks/leat/internal/number"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
)

type skippedCmd struct {
	Repo   string `arg:"" help:"Repository: its URL, its path, or the end of it."`
	Reason string `placeholder:"NAME" xor:"what" help:"Only files skipped for this reason."`

	Secrets bool `xor:"what" help:"List the secrets that were masked instead: the rule, the path and the line, never the secret."`
}

func (cmd *skippedCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.ask(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	request := service.SkippedRequest{Tenant: g.Tenant, Repository: cmd.Repo, Reason: cmd.Reason}
	if cmd.Secrets {
		found, err := s.leat.Secrets(ctx, request)
		if err != nil {
			return err
		}
		return showSecrets(g, found)
	}
	found, err := s.leat.Skipped(ctx, request)
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(found)
	}
	return printSkipped(found.Files)
}

func printSkipped(files []service.SkippedFile) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	reasons := make(map[string]int)
	for _, f := range files {
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.Reason, safeLine(f.Path), safeLine(f.Detail))
		reasons[f.Reason]++
	}
	if err := w.Flush(); err != nil {
		return err
	}
	names := make([]string, 0, len(reasons))
	for name := range reasons {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool { return reasons[names[i]] > reasons[names[j]] })
	note("%s", count(len(files), "file skipped", "files skipped"))
	for _, name := range names {
		note("  %6s  %s", number.Thousands(reasons[name]), name)
	}
	return nil
}
