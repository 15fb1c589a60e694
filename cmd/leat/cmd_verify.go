package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/number"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/syncer/verify"
)

type verifyCmd struct {
	Repo   string        `arg:"" optional:"" help:"Repository: its URL, its path, or the end of it. Default: all, of every tenant."`
	List   bool          `help:"Name each difference on standard error."`
	Repair bool          `help:"Bring index and objects in line with the catalog, and compare again. Lost texts are read from git, and lost vectors are computed. With --server, the gateway and its workers do it."`
	Grace  time.Duration `env:"LEAT_GARBAGE_GRACE" default:"1h" help:"How old an object that the catalog does not know is when it counts as a difference (${default})."`
	config.Git
	config.Parser
}

func (cmd *verifyCmd) Run(ctx context.Context, g *globals) error {
	parts := store.Postgres | store.S3 | store.Qdrant
	if cmd.Repair {
		parts = store.All
		if err := errors.Join(cmd.Git.Check(), cmd.Parser.Check()); err != nil {
			return err
		}
	}
	s, err := g.askIndex(ctx, parts)
	if err != nil {
		return err
	}
	defer s.close()
	request := service.VerifyRequest{
		ScopeRequest: service.ScopeRequest{Tenant: g.Tenant, Repository: cmd.Repo, AnyTenant: true}, Grace: cmd.Grace,
	}
	var repaired *verify.Repaired
	if cmd.Repair {
		did, err := cmd.repair(ctx, g, s, request)
		if err != nil {
			return err
		}
		repaired = &did
	}
	if cmd.List {
		request.Found = func(kind, what string) { note("%s %s", kind, safeLine(what)) }
	}
	report, err := s.leat.Verify(ctx, request)
	if err != nil {
		return err
	}
	if err := showReport(g, report, repaired); err != nil {
		return err
	}
	if !report.OK {
		return errNo
	}
	return nil
}

// verified is the answer of verify.
type verified struct {
	verify.Report
	Repaired *verify.Repaired `json:"repaired,omitempty"` // with --repair
}

func showReport(g *globals, r verify.Report, repaired *verify.Repaired) error {
	if g.JSON {
		return g.answer.json(verified{r, repaired})
	}
	fmt.Printf("%s, %s, %s\n", count(r.Documents, "document", "documents"), count(r.Chunks, "chunk", "chunks"), count(r.Points, "point", "points"))
	if r.RecentObjects > 0 {
		fmt.Printf("%s that the catalog does not know yet: a worker is about to record it, or was killed, and the syncer collects it\n", count(r.RecentObjects, "object", "objects"))
	}
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
		{r.WrongGraphFiles, "wrong files of symbol graphs: their symbols or edges are not those of their facts"},
	} {
		if row.n > 0 {
			fmt.Printf("%8s  %s\n", number.Thousands(row.n), row.what)
		}
	}
	fmt.Println("not ok: the stores differ ('leat verify --list' names each difference)")
	if repaired == nil && r.MissingPoints+r.StalePoints+r.OrphanPoints > 0 {
		fmt.Println("'leat verify --repair' mends the points")
	}
	if repaired == nil && r.WrongGraphFiles > 0 {
		fmt.Println("'leat verify --repair' makes the wrong parts of symbol graphs anew")
	}
	return nil
}
