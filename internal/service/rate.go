package service

import (
	"context"

	"github.com/leatworks/leat/internal/store"
)

// AddRequests counts requests of tokens and tenants together with all other gateways; see
// catalog.Rates.
func (s *Service) AddRequests(ctx context.Context, seconds map[string]float64) (ahead map[string]float64, err error) {
	defer mark(&err)
	if err := s.need(store.Postgres); err != nil {
		return nil, err
	}
	return s.stores.Catalog.Rates.Add(ctx, seconds)
}

// DropRates forgets the tokens and tenants that are no longer ahead of their rates.
func (s *Service) DropRates(ctx context.Context) (err error) {
	defer mark(&err)
	if err := s.need(store.Postgres); err != nil {
		return err
	}
	return s.stores.Catalog.Rates.Drop(ctx)
}
