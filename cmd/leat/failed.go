package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/devstack"
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
	s, err := g.open(ctx, devstack.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	if _, err := s.generation(ctx); err != nil {
		return err
	}
	rows, err := failedDocuments(ctx, g, s, cmd.Repo)
	if err != nil {
		return err
	}
	if err := showFailed(g, rows); err != nil {
		return err
	}
	if len(rows) > 0 {
		return errNo
	}
	return nil
}

func failedDocuments(ctx context.Context, g *globals, s *session, repo string) ([]failedDocument, error) {
	tracks, err := find(ctx, s.catalog, g.Tenant, repo)
	if err != nil {
		return nil, err
	}
	urls := make(map[uuid.UUID]string)
	for _, t := range tracks {
		if t.Documents.Failed > 0 {
			urls[t.Repository] = t.URL
		}
	}
	rows := []failedDocument{}
	for _, id := range repositoriesOf(tracks) {
		for after := uuid.Nil; urls[id] != ""; {
			page, err := s.catalog.FailedDocuments(ctx, id, after, 1000)
			if err != nil {
				return nil, err
			}
			if len(page) == 0 {
				break
			}
			for _, d := range page {
				row := failedDocument{Repository: urls[id], Ref: d.Ref, Path: d.Path, Attempts: d.Attempts, Error: d.Error}
				if due := d.Due.UTC(); !d.Due.IsZero() {
					row.NextDue = &due
				}
				rows, after = append(rows, row), d.ID
			}
		}
	}
	return rows, nil
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
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\n", safeLine(r.Repository), safeLine(shortRef(r.Ref)), safeLine(r.Path), r.Attempts, due, shortReason(r.Error))
	}
	return w.Flush()
}
