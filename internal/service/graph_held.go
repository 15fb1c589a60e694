package service

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/fact"
)

// HeldAnswer lists the definitions inside a symbol or a file, by place.
type HeldAnswer struct {
	At
	Symbols []Symbol // at most MaxSymbols
	More    int      // number of symbols that are left out
}

// Held lists the definitions inside the symbol or file with an id.
func (s *Service) Held(ctx context.Context, r GraphRequest) (a HeldAnswer, err error) {
	defer mark(&err)
	g, err := s.graphOf(ctx, r)
	if err != nil {
		return a, err
	}
	path, qualified, _ := strings.Cut(r.Symbol, "#")
	of, err := s.exact(ctx, g, path, qualified)
	if err != nil {
		return a, err
	}
	list, err := s.stores.Catalog.Graphs.SymbolsOf(ctx, []uuid.UUID{of[0].target.Document}, fact.MaxDefinitions+fact.MaxImports+1)
	if err != nil {
		return a, err
	}
	a.At = g.at
	for _, one := range list {
		switch {
		case one.Kind == 0 || qualified != "" && !strings.HasPrefix(one.Qualified, qualified+"."):
		case len(a.Symbols) == MaxSymbols:
			a.More++
		default:
			a.Symbols = append(a.Symbols, symbolOf(one))
		}
	}
	return a, nil
}
