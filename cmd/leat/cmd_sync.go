package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/leatworks/leat/internal/number"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
)

type syncCmd struct {
	Approve approveCmd    `cmd:"" help:"Approve a commit that takes much of a repository out of the index."`
	Status  syncStatusCmd `cmd:"" help:"Show the last run of each kind of the syncer's work, and when the next is due."`
}

type syncStatusCmd struct{}

func (cmd *syncStatusCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.ask(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	last, err := s.leat.SyncStatus(ctx)
	if err != nil {
		return err
	}
	failed := false
	for _, r := range last.Runs {
		failed = failed || r.Error != ""
	}
	if g.JSON {
		err = g.answer.json(last)
	} else {
		err = printRuns(last.Runs)
		if failed {
			note("'leat verify' compares the stores, and 'leat verify --repair' repairs what the syncer leaves alone")
		}
	}
	if err == nil && failed {
		return errNo
	}
	return err
}

func printRuns(runs []service.SyncRun) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "WORK\tLAST\tTOOK\tCOMPARED\tFOUND\tREPAIRED\tNEXT\tERROR")
	for _, r := range runs {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", safeLine(r.Kind), when(r.StartedAt), took(r),
			number.Thousands(r.Compared), number.Thousands(r.Found), number.Thousands(r.Repaired), when(r.NextDue), safeLine(r.Error))
	}
	return w.Flush()
}

func took(r service.SyncRun) string {
	switch {
	case r.StartedAt == nil:
		return "-"
	case r.FinishedAt == nil:
		return "running"
	}
	return time.Duration(r.Seconds * float64(time.Second)).Round(time.Millisecond).String()
}

func when(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.Local().Format(time.DateTime)
}
