package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"text/tabwriter"

	"github.com/leatworks/leat/internal/number"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

type tenantCmd struct {
	Create     tenantCreateCmd     `cmd:"" help:"Create a tenant."`
	List       tenantListCmd       `cmd:"" help:"List the tenants with their limits."`
	Set        tenantSetCmd        `cmd:"" help:"Change limits of a tenant."`
	Delete     tenantDeleteCmd     `cmd:"" help:"Delete a tenant that has no repositories any more, with its tokens and credentials."`
	Credential tenantCredentialCmd `cmd:"" help:"Keep a tenant's credentials for git hosts."`
}

// tenantFlags are the limits of a tenant. A flag that is not given changes nothing.
type tenantFlags struct {
	Repositories      *int64   `name:"max-repositories" placeholder:"N" help:"Most repositories. 0: no limit."`
	Documents         *int64   `name:"max-documents" placeholder:"N" help:"Most documents of all repositories. 0: no limit."`
	Tokens            *int64   `name:"max-tokens-day" placeholder:"N" help:"Most tokens that embedding may take a day. 0: the installation's own limit alone."`
	Cost              *float64 `name:"max-cost-day" placeholder:"AMOUNT" help:"Most money that embedding may cost a day, in the currency of the price table. 0: the installation's own limit alone."`
	Requests          *int     `name:"max-requests-minute" placeholder:"N" help:"Most requests a minute of all its tokens together. 0: the gateway's own limit alone."`
	SharesCredentials *bool    `name:"shares-credentials" negatable:"" help:"Let it fetch with the installation's own git credentials, too."`
}

func (f tenantFlags) request(name string) service.SetTenantRequest {
	return service.SetTenantRequest{
		Tenant: name, Repositories: f.Repositories, Documents: f.Documents, Tokens: f.Tokens, Cost: f.Cost, Requests: f.Requests, SharesCredentials: f.SharesCredentials,
	}
}

type tenantCreateCmd struct {
	Name string `arg:"" help:"1 to 63 of a-z, 0-9, _ and -."`
	tenantFlags
}

func (cmd *tenantCreateCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.openIndex(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	t, err := s.service.CreateTenant(operator(ctx), cmd.request(cmd.Name).Create())
	if err != nil {
		return err
	}
	return showTenant(g, "created", t)
}

func showTenant(g *globals, did string, t catalog.Tenant) error {
	if g.JSON {
		return g.answer.json(t)
	}
	fmt.Printf("%s tenant %s\n", did, t.Name)
	return nil
}

type tenantListCmd struct{}

func (cmd *tenantListCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.openIndex(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	tenants, err := pages(func(after string) ([]catalog.Tenant, string, error) {
		a, err := s.service.Tenants(ctx, service.TenantsRequest{After: after})
		return a.Tenants, a.Next, err
	})
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(map[string]any{"tenants": tenants})
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TENANT\tREPOSITORIES\tDOCUMENTS\tTOKENS/DAY\tCOST/DAY\tREQUESTS/MINUTE\tCREDENTIALS")
	for _, t := range tenants {
		l, credentials := t.Limits, "its own"
		if t.SharesCredentials {
			credentials = "its own, else the installation's"
		}
		repositories := number.Thousands(t.Repositories)
		if l.Repositories > 0 {
			repositories += " of " + number.Thousands(l.Repositories)
		}
		cost := "-"
		if l.Cost > 0 {
			cost = strconv.FormatFloat(l.Cost, 'f', -1, 64)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", t.Name, repositories, bound(l.Documents), bound(l.Tokens), cost, bound(int64(l.Requests)), credentials)
	}
	return w.Flush()
}

// bound writes a limit for people.
func bound(n int64) string {
	if n == 0 {
		return "-"
	}
	return number.Thousands(n)
}

type tenantSetCmd struct {
	Name string `arg:"" help:"Name of the tenant."`
	tenantFlags
}

func (cmd *tenantSetCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.openIndex(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	t, err := s.service.SetTenant(operator(ctx), cmd.request(cmd.Name))
	if err != nil {
		return err
	}
	return showTenant(g, "changed", t)
}

type tenantDeleteCmd struct {
	Name string `arg:"" help:"Name of the tenant."`
	Yes  bool   `help:"Confirm that it is to be deleted with its tokens and credentials."`
}

func (cmd *tenantDeleteCmd) Run(ctx context.Context, g *globals) error {
	if !cmd.Yes {
		return fmt.Errorf("tenant %s would be deleted with its tokens and credentials: add --yes if that is meant", cmd.Name)
	}
	s, err := g.openIndex(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.service.DeleteTenant(operator(ctx), service.DeleteTenantRequest{Tenant: cmd.Name}); err != nil {
		return err
	}
	return showTenant(g, "deleted", catalog.Tenant{Name: cmd.Name})
}
