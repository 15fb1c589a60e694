package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

type auditCmd struct {
	Action    string `placeholder:"NAME" help:"Only changes of this kind, such as token or token.create."`
	AnyTenant bool   `help:"Also list changes of other tenants and of the installation."`
	Limit     int    `default:"100" placeholder:"N" help:"Most changes listed (${default})."`
	Before    int64  `placeholder:"ID" help:"Go on before this change."`
}

func (cmd *auditCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.openIndex(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	a, err := s.service.Audit(ctx, service.AuditRequest{
		Tenant: g.Tenant, AnyTenant: cmd.AnyTenant, Limit: cmd.Limit, AuditFilter: catalog.AuditFilter{Action: cmd.Action, Before: cmd.Before},
	})
	if err != nil {
		return err
	}
	if g.JSON {
		if a.Entries == nil {
			a.Entries = []catalog.AuditEntry{}
		}
		return g.answer.json(map[string]any{"changes": a.Entries, "next": a.Next})
	}
	if len(a.Entries) == 0 {
		fmt.Println("no changes")
		if !cmd.AnyTenant {
			note("--any-tenant lists changes of other tenants and of the installation too")
		}
		return nil
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tWHEN\tTENANT\tWHO\tDOOR\tFROM\tACTION\tTARGET")
	for _, e := range a.Entries {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", e.ID, day(&e.At), dash(e.Tenant), safeLine(e.Actor), dash(e.Door), dash(e.Address), e.Action, safeLine(e.Target))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if a.Next > 0 {
		note("there are more: go on with --before %d", a.Next)
	}
	return nil
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return safeLine(text)
}
