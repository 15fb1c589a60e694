package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
)

// failedDocument is a row of the answer of 'leat status --failed'.
type failedDocument struct {
	Repository string     `json:"repository"`
	Ref        string     `json:"ref"`
	Path       string     `json:"path"`
	Attempts   int        `json:"attempts"`
	NextDue    *time.Time `json:"next_due"` // null: only by hand, see 'leat dead'
	Error      string     `json:"error"`
}

// failed lists the documents that failed. The answer is no if there are any.
func (cmd *statusCmd) failed(ctx context.Context, g *globals) error {
	if cmd.Watch {
		return errors.New("--failed lists once, and --watch again and again: leave one out")
	}
	s, err := g.openIndex(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	list, err := s.service.Failed(ctx, service.StatusRequest{Tenant: g.Tenant, Repository: cmd.Repo})
	if err != nil {
		return err
	}
	rows := make([]failedDocument, len(list))
	for i, d := range list {
		rows[i] = failedDocument{Repository: d.URL, Ref: d.Ref, Path: d.Path, Attempts: d.Attempts, Error: d.Error}
		if due := d.Due.UTC(); !d.Due.IsZero() {
			rows[i].NextDue = &due
		}
	}
	if err := showFailed(g, rows); err != nil {
		return err
	}
	if len(rows) > 0 {
		return errNo
	}
	return nil
}

func showFailed(g *globals, rows []failedDocument) error {
	if g.JSON {
		return g.answer.json(map[string]any{"failed": rows})
	}
	if len(rows) == 0 {
		fmt.Println("no failed documents")
		return nil
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "REPOSITORY\tREF\tPATH\tATTEMPTS\tNEXT DUE\tERROR")
	for _, r := range rows {
		due := "by hand: see 'leat dead list'"
		if r.NextDue != nil {
			due = r.NextDue.Format(time.RFC3339)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\n", safeLine(r.Repository), safeLine(service.ShortRef(r.Ref)), safeLine(r.Path), r.Attempts, due, shortReason(r.Error))
	}
	return w.Flush()
}
