package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/pipeline/catalog"
)

type approveCmd struct {
	Repo string `arg:"" help:"Repository: its URL, its path, or the end of it."`
	Ref  string `placeholder:"REF" help:"The branch or tag that waits, if several do."`
}

type approvedRow struct {
	ID        string `json:"id"` // of the repository
	URL       string `json:"url"`
	Ref       string `json:"ref"`
	Commit    string `json:"commit"`
	Removes   int64  `json:"removes"`
	Documents int64  `json:"documents"`
}

func (cmd *approveCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.open(ctx, devstack.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	tracks, err := find(ctx, s.catalog, g.Tenant, cmd.Repo)
	if err != nil {
		return err
	}
	waiting, err := s.catalog.Approvals(ctx, g.Tenant, repositoriesOf(tracks)...)
	if err != nil {
		return err
	}
	if cmd.Ref != "" {
		names := fullRefs(cmd.Ref)
		waiting = slices.DeleteFunc(waiting, func(a catalog.Approval) bool { return !slices.Contains(names, a.Ref) })
	}
	switch len(waiting) {
	case 0:
		return cmd.nothing(g)
	case 1:
		return cmd.approve(ctx, g, s, waiting[0])
	}
	var refs []string
	for _, a := range waiting {
		refs = append(refs, shortRef(a.Ref))
	}
	return fmt.Errorf("%d refs wait for approval: name one of them with --ref (%s)", len(waiting), strings.Join(refs, ", "))
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

func (cmd *approveCmd) approve(ctx context.Context, g *globals, s *session, a catalog.Approval) error {
	if err := s.catalog.Approve(ctx, a, catalog.SubmissionKey{Tenant: g.Tenant, Source: source, Event: uuid.NewString()}); err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(map[string]any{"approved": approvedRow{a.Repository.String(), a.URL, a.Ref, a.Commit, a.Removes, a.Documents}})
	}
	fmt.Printf("approved: commit %s may remove %s of %s of %s\n", shortCommit(a.Commit),
		thousands(a.Removes), count(a.Documents, "document", "documents"), safeLine(shortRef(a.Ref)))
	return nil
}
