package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
)

type hookListCmd struct{}

func (cmd *hookListCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.askIndex(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	hooks, err := pages(func(after string) ([]service.Hook, string, error) {
		a, err := s.leat.Hooks(ctx, service.HooksRequest{Tenant: g.Tenant, After: after})
		return a.Hooks, a.Next, err
	})
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(map[string]any{"hooks": hooks})
	}
	if len(hooks) == 0 {
		fmt.Println("no hooks")
		return nil
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tSTATE\tPATH\tALLOWED\tREFS\tSCOPES\tCREATED\tREFUSED")
	for _, h := range hooks {
		state := "valid"
		if h.RevokedAt != nil {
			state = "revoked"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\n", safeLine(h.Name), state, h.Path, safeLine(strings.Join(h.Allowed, " ")),
			safeLine(strings.Join(h.Refs, " ")), strings.Join(h.Scopes, ","), h.CreatedAt.Format(time.DateOnly), h.Refused)
	}
	return w.Flush()
}
