package main

import (
	"context"
	"fmt"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

type submitCmd struct {
	Repo string `arg:"" help:"Repository: an https or ssh URL, or a path of this machine where the ingestor allows it."`
	Ref  string `placeholder:"REF" help:"Branch, tag, full ref name, or a commit in hex. Default: the remote's default branch."`
	Wait bool   `help:"Follow it until it is indexed or has failed."`
}

func (cmd *submitCmd) Run(ctx context.Context, g *globals) error {
	request := service.SubmitRequest{Tenant: g.Tenant, Repository: cmd.Repo, Ref: cmd.Ref}
	if _, err := service.NewSubmission(source, request); err != nil {
		return err
	}
	parts := store.NATS
	if cmd.Wait {
		parts |= store.Postgres
	}
	open, err := g.askOr(func() (*session, error) {
		if err := g.needRunning(parts); err != nil {
			return nil, err
		}
		return g.open(ctx, parts)
	})
	if err != nil {
		return err
	}
	defer open.close()
	s, err := open.leat.Submit(ctx, request)
	if err != nil {
		return err
	}
	if cmd.Wait {
		return follow(ctx, open.leat, g, []catalog.SubmissionKey{s.Key}, 0)
	}
	if g.JSON {
		return g.answer.json(s.Submitted())
	}
	fmt.Printf("submitted %s (event %s)\n", safeLine(cmd.Repo), s.Key.Event)
	return nil
}

// needRunning refuses to publish into embedded stores that no process runs: the event
// would lie there until one does.
func (g *globals) needRunning(parts store.Parts) error {
	if parts&embeddedParts(g.Stores) == 0 {
		return nil
	}
	dir, err := g.dataDir()
	if err != nil {
		return err
	}
	if _, running, err := devstack.Running(dir); err != nil || running {
		return err
	}
	return fmt.Errorf("no workers run on %s: start 'leat dev' there, use 'leat dev --submit REPO --once', or name a NATS server with --nats-url", dir)
}
