package main

import (
	"context"
	"fmt"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
)

type digestCmd struct {
	Repo string `arg:"" optional:"" help:"Repository: its URL, its path, or the end of it. Default: all, of every tenant."`
}

func (cmd *digestCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.ask(ctx, store.Postgres|store.Qdrant)
	if err != nil {
		return err
	}
	defer s.close()
	digest, err := s.leat.Digest(ctx, service.ScopeRequest{Tenant: g.Tenant, Repository: cmd.Repo, AnyTenant: true})
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(digest)
	}
	fmt.Printf("%s  %s of %s\n", digest.Digest.Digest, count(digest.Points, "point", "points"), count(digest.Documents, "document", "documents"))
	if digest.Graph.Owed > 0 {
		fmt.Printf("%s still to be made\n", count(digest.Graph.Owed, "symbol graph is", "symbol graphs are"))
		return nil
	}
	fmt.Printf("%s  symbol graph of %s, %s, %s\n", digest.Graph.Digest, count(digest.Graph.Files, "file", "files"),
		count(digest.Graph.Symbols, "symbol", "symbols"), count(digest.Graph.Edges, "edge", "edges"))
	return nil
}
