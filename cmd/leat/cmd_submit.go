package main

import (
	"context"
	"fmt"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
)

type submitCmd struct {
	Repo string `arg:"" help:"Repository: an https or ssh URL, or a path of this machine where the ingestor allows it."`
	Ref  string `placeholder:"REF" help:"Branch, tag or full ref name. Default: the remote's default branch."`
	Wait bool   `help:"Follow it until it is indexed or has failed."`
}

// source names this command as the publisher of its events.
const source = "/leat/cli"

func (cmd *submitCmd) Run(ctx context.Context, g *globals) error {
	parts := devstack.NATS
	if cmd.Wait {
		parts |= devstack.Postgres
	}
	if err := g.needRunning(parts); err != nil {
		return err
	}
	s, err := g.open(ctx, parts)
	if err != nil {
		return err
	}
	defer s.close()
	key, err := submit(ctx, s.broker, g.Tenant, cmd.Repo, cmd.Ref)
	if err != nil {
		return err
	}
	if cmd.Wait {
		return follow(ctx, s.catalog, g, []catalog.SubmissionKey{key}, 0)
	}
	if g.JSON {
		return printJSON(map[string]string{"tenant": key.Tenant, "source": key.Source, "id": key.Event})
	}
	fmt.Printf("submitted %s (event %s)\n", safeLine(cmd.Repo), key.Event)
	return nil
}

// needRunning refuses to publish into embedded stores that nobody runs: the
// event would lie there until somebody does.
func (g *globals) needRunning(parts devstack.Parts) error {
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

// submit publishes repo.submitted.
func submit(ctx context.Context, b *broker.Broker, tenant, repo, ref string) (catalog.SubmissionKey, error) {
	url, err := address(repo)
	if err != nil {
		return catalog.SubmissionKey{}, err
	}
	data := events.RepoSubmitted{Tenant: tenant, URL: url, Ref: ref}
	event, err := events.New(source, "", data)
	if err != nil {
		return catalog.SubmissionKey{}, err
	}
	if _, err := event.ParseSubmitted(events.SubmittedSubject(tenant)); err != nil {
		return catalog.SubmissionKey{}, err
	}
	out := pipeline.Outgoing{ID: event.ID, On: events.SubmittedSubject(tenant), Data: data}
	if err := pipeline.NewPublisher(b, source).Publish(ctx, out); err != nil {
		return catalog.SubmissionKey{}, fmt.Errorf("submit %s: %w", repo, err)
	}
	return catalog.SubmissionKey{Tenant: tenant, Source: source, Event: event.ID}, nil
}
