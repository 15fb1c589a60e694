package main

import (
	"context"
	"fmt"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
)

type hookRevokeCmd struct {
	Hook string `arg:"" help:"Its name, or its id."`
}

func (cmd *hookRevokeCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.askIndex(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	h, err := s.leat.RevokeHook(operator(ctx), service.HookRequest{Tenant: g.Tenant, Hook: cmd.Hook})
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(h)
	}
	fmt.Printf("revoked %s of tenant %s\n", safeLine(h.Name), h.Tenant)
	return nil
}
