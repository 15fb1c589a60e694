package main

import (
	"context"
	"time"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
)

type hookRotateCmd struct {
	Hook       string        `arg:"" help:"Its name, or its id."`
	Overlap    time.Duration `default:"24h" placeholder:"DURATION" help:"How long the old secret counts too (${default})."`
	SecretFile string        `type:"path" placeholder:"FILE" help:"File of a secret that the git host has made; - reads standard input. Default: leat makes one."`
}

func (cmd *hookRotateCmd) Run(ctx context.Context, g *globals) error {
	secret, err := readSecret(cmd.SecretFile)
	if err != nil {
		return err
	}
	s, err := g.askIndex(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	h, err := s.leat.RotateHook(operator(ctx), service.RotateHookRequest{
		HookRequest: service.HookRequest{Tenant: g.Tenant, Hook: cmd.Hook}, Secret: secret, Overlap: &cmd.Overlap,
	})
	if err != nil {
		return err
	}
	return showCreatedHook(g, h)
}
