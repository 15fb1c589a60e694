package main

import (
	"context"
	"fmt"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/pipeline/sync"
)

type verifyCmd struct {
	Repo string `arg:"" optional:"" help:"Repository: its URL, its path, or the end of it. Default: all, of every tenant."`
	List bool   `help:"Name each difference on standard error."`
}

func (cmd *verifyCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.open(ctx, devstack.Postgres|devstack.S3|devstack.Qdrant)
	if err != nil {
		return err
	}
	defer s.close()
	generation, err := s.generation(ctx)
	if err != nil {
		return err
	}
	v := sync.Verifier{Catalog: s.catalog, Points: s.points, Blobs: s.blobs, Generation: generation}
	if cmd.List {
		v.Found = func(kind, what string) { note("%s %s", kind, safeLine(what)) }
	}
	scope := sync.Scope{Tenant: g.Tenant}
	if cmd.Repo != "" {
		tracks, err := find(ctx, s.catalog, g.Tenant, cmd.Repo)
		if err != nil {
			return err
		}
		scope.Repositories = repositoriesOf(tracks)
	}
	report, err := v.Verify(ctx, scope)
	if err != nil {
		return err
	}
	if err := showReport(g, report); err != nil {
		return err
	}
	if !report.OK {
		return errNo
	}
	return nil
}

func showReport(g *globals, r sync.Report) error {
	if g.JSON {
		return g.answer.json(r)
	}
	fmt.Printf("%s, %s, %s\n", count(r.Documents, "document", "documents"), count(r.Chunks, "chunk", "chunks"), count(r.Points, "point", "points"))
	if r.OK {
		fmt.Println("ok: the three stores are equal")
		return nil
	}
	for _, row := range []struct {
		n    int64
		what string
	}{
		{r.MissingPoints, "missing points: chunks that a search cannot find"},
		{r.StalePoints, "stale points: of content that is no longer there"},
		{r.OrphanPoints, "orphan points: of documents that the catalog does not know"},
		{r.MissingObjects, "missing objects: packs that are gone from S3"},
		{r.CorruptObjects, "corrupt objects: packs whose bytes have changed"},
		{r.OrphanObjects, "orphan objects: in S3, and not in the catalog"},
	} {
		if row.n > 0 {
			fmt.Printf("%8s  %s\n", thousands(row.n), row.what)
		}
	}
	fmt.Println("not ok: the stores differ ('leat verify --list' names each difference)")
	return nil
}
