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
	s, err := g.openIndex(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	hooks := []service.Hook{}
	for r := (service.HooksRequest{Tenant: g.Tenant}); ; {
		a, err := s.service.Hooks(ctx, r)
		if err != nil {
			return err
		}
		hooks = append(hooks, a.Hooks...)
		if r.After = a.Next; a.Next == "" {
			break
		}
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
