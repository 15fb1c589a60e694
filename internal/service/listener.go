package service

import (
	"context"

	"github.com/leatworks/leat/internal/store"
)

// Listener is the consumer from which a tenant's listeners read the events about its repositories.
type Listener struct {
	Tenant   string `json:"tenant"`
	Stream   string `json:"stream"`
	Consumer string `json:"consumer"`
}

// EnsureListener makes the consumer of a tenant's listeners if it is missing. The consumer begins
// with the events from now on.
func (s *Service) EnsureListener(ctx context.Context, tenant string) (l Listener, err error) {
	defer mark(&err)
	if err := s.check(ctx, tenant, store.NATS); err != nil {
		return l, err
	}
	own, err := s.stores.Broker.EnsureListener(ctx, tenant)
	return Listener{tenant, own.Stream, own.Name}, err
}

// DropListener removes the consumer of a tenant's listeners, if there is one.
func (s *Service) DropListener(ctx context.Context, tenant string) (err error) {
	defer mark(&err)
	if err := s.check(ctx, tenant, store.NATS); err != nil {
		return err
	}
	return s.stores.Broker.DropListener(ctx, tenant)
}
