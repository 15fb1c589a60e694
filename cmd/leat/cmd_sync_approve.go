package main

import (
	"context"
	"fmt"

	"github.com/leatworks/leat/internal/number"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
)

type approveCmd struct {
	Repo string `arg:"" help:"Repository: its URL, its path, or the end of it."`
	Ref  string `placeholder:"REF" help:"The branch or tag that waits, if several do."`
}

func (cmd *approveCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.ask(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	approved, found, err := s.leat.Approve(ctx, service.ApproveRequest{Tenant: g.Tenant, Repository: cmd.Repo, Ref: cmd.Ref})
	switch {
	case err != nil:
		return err
	case !found:
		return cmd.nothing(g)
	}
	return cmd.show(g, approved)
}

func (cmd *approveCmd) nothing(g *globals) error {
	if g.JSON {
		if err := g.answer.json(map[string]any{"approved": nil}); err != nil {
			return err
		}
		return errNo
	}
	fmt.Println("nothing waits for approval")
	return errNo
}

func (cmd *approveCmd) show(g *globals, a service.Approval) error {
	if g.JSON {
		return g.answer.json(map[string]any{"approved": a})
	}
	fmt.Printf("approved: commit %s may remove %s of %s of %s\n", shortCommit(a.Commit),
		number.Thousands(a.Removes), count(a.Documents, "document", "documents"), safeLine(service.ShortRef(a.Ref)))
	return nil
}
