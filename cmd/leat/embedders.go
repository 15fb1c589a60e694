package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/leatworks/leat/internal/number"
	"github.com/leatworks/leat/internal/service"
)

// usageDays is the number of days shown.
const usageDays = 30

// embedders shows what embedding has consumed.
func (cmd *statusCmd) embedders(ctx context.Context, g *globals, s *session) error {
	list, err := s.leat.Usage(ctx, service.UsageRequest{Tenant: g.Tenant, Days: usageDays})
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(list)
	}
	if len(list.Embedders) == 0 {
		fmt.Printf("nothing was embedded in the last %d days\n", usageDays)
		return nil
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "EMBEDDER\tREPOSITORY\tTEXTS\tCACHED\tTOKENS\tREQUESTS\tRETRIES\tWAITED\tCOST")
	for _, u := range list.Embedders {
		url := u.URL
		switch {
		case u.Searches():
			url = "(searches)"
		case url == "":
			url = u.Repository + " (forgotten)"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%.0f\t%s\t%s\t%.4f\n", safeLine(u.Embedder), safeLine(url), number.Thousands(u.Texts), number.Thousands(u.Cached),
			number.Thousands(u.Tokens), u.Requests, number.Thousands(u.Retries), time.Duration(u.Waited*float64(time.Second)).Round(time.Second), u.Cost)
	}
	return w.Flush()
}
