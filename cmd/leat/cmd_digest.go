package main

import (
	"context"
	"fmt"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/pipeline/syncer/point"
)

type digestCmd struct {
	Repo string `arg:"" optional:"" help:"Repository: its URL, its path, or the end of it. Default: all, of every tenant."`
}

func (cmd *digestCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.open(ctx, devstack.Postgres|devstack.Qdrant)
	if err != nil {
		return err
	}
	defer s.close()
	generation, err := s.generation(ctx)
	if err != nil {
		return err
	}
	scope := point.Scope{Tenant: g.Tenant}
	if cmd.Repo != "" {
		tracks, err := find(ctx, s.catalog, g.Tenant, cmd.Repo)
		if err != nil {
			return err
		}
		scope.Repositories = repositoriesOf(tracks)
	}
	digest, err := point.ComputeDigest(ctx, s.points, generation.Collection, scope)
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(digest)
	}
	fmt.Printf("%s  %s of %s\n", digest.Digest, count(digest.Points, "point", "points"), count(digest.Documents, "document", "documents"))
	return nil
}
