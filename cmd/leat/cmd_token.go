package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Create a token, and show it this once."`
	List   tokenListCmd   `cmd:"" help:"List tokens without their secrets, oldest first."`
	Rotate tokenRotateCmd `cmd:"" help:"Create a token in place of another, which stays valid for a while."`
	Revoke tokenRevokeCmd `cmd:"" help:"End a token. Every gateway refuses it within seconds."`
}

type tokenCreateCmd struct {
	Name         string   `arg:"" help:"Who uses it, such as ci or alice."`
	Scopes       []string `required:"" placeholder:"SCOPE" help:"What it may do: read, search, submit, operate, admin; several separated by commas. None implies another."`
	Repo         []string `sep:"none" placeholder:"GLOB" help:"Only these repositories, such as 'github.com/acme/*' (* stays in a segment, ** does not). May be repeated. Default: all of the tenant's."`
	Expires      period   `placeholder:"DURATION" help:"When it ends, such as 90d or 12h from now. Default: never."`
	Installation bool     `help:"A token of the installation: it reaches every tenant."`
}

// createdToken is a token with its secret, in the answer.
type createdToken struct {
	ID           string     `json:"id"`
	Token        string     `json:"token"`
	Name         string     `json:"name"`
	Tenant       string     `json:"tenant"` // "": of the installation
	Scopes       []string   `json:"scopes"`
	Repositories []string   `json:"repositories"`
	CreatedAt    time.Time  `json:"created_at"`
	ExpiresAt    *time.Time `json:"expires_at"`
	RotatedFrom  *uuid.UUID `json:"rotated_from"`
}

func (cmd *tokenCreateCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.openIndex(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	created, err := s.service.CreateToken(operator(ctx), service.CreateTokenRequest{
		Tenant: g.Tenant, Installation: cmd.Installation, Name: cmd.Name, Scopes: cmd.Scopes, Repositories: cmd.Repo, Lifetime: time.Duration(cmd.Expires),
	})
	if err != nil {
		return err
	}
	return showCreated(g, created)
}

func showCreated(g *globals, created service.CreatedToken) error {
	t := created.Token
	if g.JSON {
		return g.answer.json(createdToken{
			ID: t.ID.String(), Token: created.Secret, Name: t.Name, Tenant: t.Tenant, Scopes: t.Scopes, Repositories: t.Repositories,
			CreatedAt: t.CreatedAt.UTC(), ExpiresAt: t.ExpiresAt, RotatedFrom: t.RotatedFrom,
		})
	}
	fmt.Println(created.Secret)
	reach := "all repositories"
	if len(t.Repositories) > 0 {
		reach = strings.Join(t.Repositories, " ")
	}
	note("token %s (%s) of %s: %s; %s; expires %s. It is not shown again.", t.ID, safeLine(t.Name), owner(t), strings.Join(t.Scopes, ", "), safeLine(reach), cmp.Or(ends(t), "never"))
	return nil
}

// owner names the tenant of a token, or the installation.
func owner(t catalog.Token) string {
	if t.Tenant == "" {
		return "the installation"
	}
	return "tenant " + t.Tenant
}

func ends(t catalog.Token) string {
	if t.ExpiresAt == nil {
		return ""
	}
	return day(t.ExpiresAt)
}

type tokenListCmd struct {
	Installation bool `help:"List the tokens of the installation."`
}

func (cmd *tokenListCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.openIndex(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	tokens, err := pages(func(after uuid.UUID) ([]catalog.Token, uuid.UUID, error) {
		a, err := s.service.Tokens(ctx, service.TokensRequest{Tenant: g.Tenant, Installation: cmd.Installation, After: after})
		return a.Tokens, a.Next, err
	})
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(map[string]any{"tokens": tokens})
	}
	if len(tokens) == 0 {
		fmt.Println("no tokens")
		return nil
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNAME\tSTATE\tSCOPES\tREPOSITORIES\tCREATED\tEXPIRES\tUSED")
	for _, t := range tokens {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", t.ID, safeLine(t.Name), tokenState(t), strings.Join(t.Scopes, ","),
			safeLine(cmp.Or(strings.Join(t.Repositories, " "), "all")), day(&t.CreatedAt), cmp.Or(ends(t), "never"), day(t.UsedAt))
	}
	return w.Flush()
}

func tokenState(t catalog.Token) string {
	switch {
	case t.RevokedAt != nil:
		return "revoked"
	case t.Ended(time.Now()):
		return "expired"
	}
	return "valid"
}

// tokenName names a token of a command.
type tokenName struct {
	Token        string `arg:"" help:"Its id, or its name if no other valid token has it."`
	Installation bool   `help:"The token belongs to the installation."`
}

func (n tokenName) request(g *globals) service.TokenRequest {
	r := service.TokenRequest{Tenant: g.Tenant, Installation: n.Installation}
	if id, err := uuid.Parse(n.Token); err == nil {
		r.ID = id
	} else {
		r.Name = n.Token
	}
	return r
}

type tokenRotateCmd struct {
	tokenName
	Overlap period `default:"1d" placeholder:"DURATION" help:"How long the old token stays valid, at most 30d (${default}). 0s: not at all."`
}

func (cmd *tokenRotateCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.openIndex(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	created, err := s.service.RotateToken(operator(ctx), service.RotateTokenRequest{TokenRequest: cmd.request(g), Overlap: time.Duration(cmd.Overlap)})
	if err != nil {
		return err
	}
	return showCreated(g, created)
}

type tokenRevokeCmd struct{ tokenName }

func (cmd *tokenRevokeCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.openIndex(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	t, err := s.service.RevokeToken(operator(ctx), cmd.request(g))
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(t)
	}
	fmt.Printf("revoked %s (%s) of %s\n", t.ID, safeLine(t.Name), owner(t))
	return nil
}
