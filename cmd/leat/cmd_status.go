package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/leatworks/leat/internal/number"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
)

type statusCmd struct {
	Repo  string `arg:"" optional:"" help:"Repository: its URL, its path, or the end of it."`
	Watch bool   `help:"Show again every second until interrupted."`

	Embedders bool `aliases:"embedding" help:"Show what embedding took in the last 30 days, by embedder and repository."`

	Workers bool `help:"List the workers: which documents and submissions each has in hand, and since when."`

	Failed bool `help:"List the documents that failed: why, how often, and when they are tried again."`
}

func (cmd *statusCmd) Run(ctx context.Context, g *globals) error {
	if cmd.Failed {
		return cmd.failed(ctx, g)
	}
	if cmd.Watch && g.JSON {
		return errors.New("--watch shows the status again and again, and --json prints one document: leave one out")
	}
	s, err := g.askIndex(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	if cmd.Workers {
		return cmd.workers(ctx, g, s)
	}
	if cmd.Embedders {
		return cmd.embedders(ctx, g, s)
	}
	for {
		answer, err := s.leat.Status(ctx, service.StatusRequest{Tenant: g.Tenant, Repository: cmd.Repo})
		if err != nil {
			return err
		}
		if err := showStatus(g, answer, cmd.Watch); err != nil {
			return err
		}
		if !cmd.Watch {
			return failures(answer.Repositories)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
	}
}

// failures returns errNo if a track or a document has failed.
func failures(tracks []service.RepositoryStatus) error {
	for _, t := range tracks {
		if t.Error != "" || t.Documents.Failed > 0 {
			return errNo
		}
	}
	return nil
}

func showStatus(g *globals, a service.StatusAnswer, watch bool) error {
	tracks := a.Repositories
	if g.JSON {
		a.Repositories = explained(tracks)
		return g.answer.json(a)
	}
	if watch && onTerminal(os.Stdout) {
		fmt.Print("\x1b[H\x1b[2J")
	}
	if len(tracks) == 0 {
		fmt.Println("no repositories yet: submit one with 'leat submit REPO' or 'leat dev --submit REPO'")
		return nil
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "REPOSITORY\tREF\tCOMMIT\tSTATE\tINDEXED\tPENDING\tFAILED\tSKIPPED\tCHUNKS")
	for _, t := range tracks {
		d := t.Documents
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s of %s\t%s\t%s\t%s\t%s\n", safeLine(t.URL), safeLine(service.ShortRef(t.Ref)), shortCommit(t.Commit), t.State,
			number.Thousands(d.Indexed), number.Thousands(d.Total), number.Thousands(d.Pending), number.Thousands(d.Failed), number.Thousands(d.Skipped), number.Thousands(t.Chunks))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, t := range tracks {
		switch reason := explainTrack(t); {
		case strings.Contains(reason, t.URL):
			fmt.Println(safeLine(reason))
		case reason != "":
			fmt.Printf("%s: %s\n", safeLine(t.URL), safeLine(reason))
		}
		if t.Held != "" && len(t.Versions) == 0 {
			fmt.Printf("%s %s: stays at %s ('leat rollback --release' lets it follow its remote again)\n", safeLine(t.URL), safeLine(service.ShortRef(t.Ref)), shortCommit(t.Held))
		}
		if t.Dormant != "" {
			fmt.Printf("%s %s: %s ('leat wake' brings it back, and so does a search that names the repository)\n", safeLine(t.URL), safeLine(service.ShortRef(t.Ref)), t.Dormant)
		}
		if d := t.Documents; d.Failed > 0 {
			fmt.Printf("%s %s: %s of %s indexed, %s failed ('leat status --failed' names them)\n", safeLine(t.URL), safeLine(service.ShortRef(t.Ref)),
				number.Thousands(d.Indexed), number.Thousands(d.Total), number.Thousands(d.Failed))
		}
	}
	return nil
}

// explained adds to the error of each ref the command that lets it go on.
func explained(tracks []service.RepositoryStatus) []service.RepositoryStatus {
	rows := make([]service.RepositoryStatus, len(tracks))
	for i, t := range tracks {
		rows[i] = t
		rows[i].Error = explainTrack(t)
	}
	return rows
}
