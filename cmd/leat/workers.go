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

// workers shows the messages that each worker has in hand.
func (cmd *statusCmd) workers(ctx context.Context, g *globals, s *session) error {
	a, err := s.leat.Workers(ctx, service.WorkersRequest{Tenant: g.Tenant})
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(a)
	}
	if len(a.Workers) == 0 {
		fmt.Println("no worker has anything of this tenant in hand")
		return nil
	}
	now := time.Now()
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "WORKER\tHOLDS\tREPOSITORY\tREF\tLANE\tDELIVERY\tFOR")
	for _, one := range a.Workers {
		name := one.Stage + " " + one.ID[:8]
		if one.Host != "" {
			name = one.Stage + " " + safeLine(one.Host)
		}
		for _, h := range one.Holdings {
			holds := safeLine(h.Path)
			if h.Path == "" {
				holds = "(reading its tree)"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%s\n", name, holds, safeLine(h.URL), safeLine(service.ShortRef(h.Ref)), h.Lane, h.Delivered,
				max(0, now.Sub(h.Since)).Round(100*time.Millisecond))
		}
		switch {
		case one.Held != nil && *one.Held > len(one.Holdings):
			fmt.Fprintf(w, "%s\t(%s more, of this tenant or of others)\t\t\t\t\t\n", name, number.Thousands(*one.Held-len(one.Holdings)))
		case len(one.Holdings) == 0:
			fmt.Fprintf(w, "%s\t(nothing)\t\t\t\t\t\n", name)
		}
	}
	return w.Flush()
}
