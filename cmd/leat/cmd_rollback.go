package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

type rollbackCmd struct {
	Repo    string `arg:"" help:"Repository: its URL, its path, or the end of it."`
	Ref     string `placeholder:"REF" help:"Branch or tag. Needed where several are indexed."`
	To      string `placeholder:"VERSION" help:"Commit in hex; or a version, an indexed branch, tag or beginning of a commit."`
	Release bool   `help:"Follow the remote again."`
	Wait    bool   `help:"Follow it until it is indexed or has failed."`
}

func (rollbackCmd) Help() string {
	return "Makes a branch serve an older commit, whatever is pushed, until it is released. Texts whose vectors are still kept are not embedded again."
}

func (cmd *rollbackCmd) Run(ctx context.Context, g *globals) error {
	if (cmd.To == "") != cmd.Release {
		return errors.New("name the commit to go back to with --to, or --release the branch")
	}
	s, err := g.ask(ctx, store.Postgres|store.NATS)
	if err != nil {
		return err
	}
	defer s.close()
	a, err := s.leat.Hold(ctx, service.HoldRequest{Tenant: g.Tenant, Repository: cmd.Repo, Ref: cmd.Ref, To: cmd.To})
	if err != nil {
		return err
	}
	if cmd.Wait {
		return follow(ctx, s.leat, g, []catalog.SubmissionKey{keyOf(a.Submission)}, 0)
	}
	switch {
	case g.JSON:
		return g.answer.json(a)
	case a.Held == "":
		fmt.Printf("%s follows the remote again\n", safeLine(service.ShortRef(a.Ref)))
	default:
		fmt.Printf("%s goes to %s and stays there; 'leat rollback --release' lets it go\n", safeLine(service.ShortRef(a.Ref)), shortCommit(a.Held))
	}
	return nil
}
