package main

import (
	"context"
	"fmt"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
)

type hookReplayCmd struct {
	Delivery int64 `arg:"" help:"Number of the delivery, as 'leat hook deliveries' gives it."`
}

func (cmd *hookReplayCmd) Run(ctx context.Context, g *globals) error {
	const parts = store.Postgres | store.NATS
	s, err := g.askOr(func() (*session, error) {
		if err := g.needRunning(parts); err != nil {
			return nil, err
		}
		return g.openIndex(ctx, parts)
	})
	if err != nil {
		return err
	}
	defer s.close()
	a, err := s.leat.ReplayDelivery(operator(ctx), service.DeliveryRequest{Tenant: g.Tenant, ID: cmd.Delivery})
	if err != nil {
		return err
	}
	if g.JSON {
		err = g.answer.json(a)
	} else {
		fmt.Println(safeLine(a.State + ": " + became(service.Delivery{Became: a.Became})))
	}
	if err == nil && a.State != "accepted" {
		return errNo
	}
	return err
}
