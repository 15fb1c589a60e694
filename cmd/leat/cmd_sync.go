package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/leatworks/leat/internal/number"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

type syncCmd struct {
	Approve approveCmd    `cmd:"" help:"Let a commit through that takes much of a repository out of the index."`
	Status  syncStatusCmd `cmd:"" help:"Show the last run of each kind of the syncer's work, and when the next is due."`
}

type syncStatusCmd struct{}

// syncRun is the newest run of a kind of the syncer's work.
type syncRun struct {
	Kind       catalog.WorkKind `json:"kind"`
	StartedAt  *time.Time       `json:"started_at"`  // null: it has never run
	FinishedAt *time.Time       `json:"finished_at"` // null: it is under way
	Seconds    float64          `json:"seconds"`
	Compared   int64            `json:"compared"`
	Found      int64            `json:"found"`
	Repaired   int64            `json:"repaired"`
	Error      string           `json:"error,omitempty"`
	NextDue    *time.Time       `json:"next_due"` // null: it is not planned
}

func (cmd *syncStatusCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.open(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	last, err := s.service.SyncStatus(ctx)
	if err != nil {
		return err
	}
	runs := make([]syncRun, len(last))
	failed := false
	for i, r := range last {
		runs[i] = newSyncRun(r)
		failed = failed || r.Error != ""
	}
	if g.JSON {
		err = g.answer.json(map[string]any{"runs": runs})
	} else {
		err = printRuns(runs)
		if failed {
			note("'leat verify' compares the stores, and 'leat verify --repair' repairs what the syncer leaves alone")
		}
	}
	if err == nil && failed {
		return errNo
	}
	return err
}

func newSyncRun(r catalog.LastRun) syncRun {
	run := syncRun{
		Kind: r.Kind, StartedAt: r.StartedAt, FinishedAt: r.FinishedAt, NextDue: r.DueAt,
		Compared: r.Compared, Found: r.Found, Repaired: r.Repaired, Error: r.Error,
	}
	if r.StartedAt != nil && r.FinishedAt != nil {
		run.Seconds = r.FinishedAt.Sub(*r.StartedAt).Seconds()
	}
	return run
}

func printRuns(runs []syncRun) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "WORK\tLAST\tTOOK\tCOMPARED\tFOUND\tREPAIRED\tNEXT\tERROR")
	for _, r := range runs {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", safeLine(string(r.Kind)), when(r.StartedAt), r.took(),
			number.Thousands(r.Compared), number.Thousands(r.Found), number.Thousands(r.Repaired), when(r.NextDue), safeLine(r.Error))
	}
	return w.Flush()
}

func (r syncRun) took() string {
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
