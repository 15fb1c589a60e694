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

// failed lists the documents that failed. The answer is no if there are any.
func (cmd *statusCmd) failed(ctx context.Context, g *globals) error {
	if cmd.Watch {
		return errors.New("--failed lists once, and --watch again and again: leave one out")
	}
	s, err := g.askIndex(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	list, err := s.leat.Failed(ctx, service.FailedRequest{Tenant: g.Tenant, Repository: cmd.Repo})
	if err != nil {
		return err
	}
	if err := showFailed(g, list); err != nil {
		return err
	}
	if len(list.Failed) > 0 {
		return errNo
	}
	return nil
}

func showFailed(g *globals, list service.FailedAnswer) error {
	if g.JSON {
		return g.answer.json(list)
	}
	if len(list.Failed) == 0 {
		fmt.Println("no failed documents")
		return nil
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "REPOSITORY\tREF\tPATH\tATTEMPTS\tNEXT DUE\tERROR")
	for _, r := range list.Failed {
		due := "by hand: see 'leat dead list'"
		if r.NextDue != nil {
			due = r.NextDue.Format(time.RFC3339)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\n", safeLine(r.Repository), safeLine(service.ShortRef(r.Ref)), safeLine(r.Path), r.Attempts, due, shortReason(r.Error))
	}
	return w.Flush()
}
