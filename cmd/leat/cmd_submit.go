package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/announce"
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
	s, err := newSubmission(g.Tenant, cmd.Repo, cmd.Ref)
	if err != nil {
		return err
	}
	parts := devstack.NATS
	if cmd.Wait {
		parts |= devstack.Postgres
	}
	if err := g.needRunning(parts); err != nil {
		return err
	}
	open, err := g.open(ctx, parts)
	if err != nil {
		return err
	}
	defer open.close()
	if err := s.publish(ctx, open.broker); err != nil {
		return err
	}
	if cmd.Wait {
		return follow(ctx, open.catalog, open.broker, g, []catalog.SubmissionKey{s.key}, 0)
	}
	if g.JSON {
		return g.answer.json(map[string]string{"tenant": s.key.Tenant, "source": s.key.Source, "id": s.key.Event})
	}
	fmt.Printf("submitted %s (event %s)\n", safeLine(cmd.Repo), s.key.Event)
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

// submission is a repo.submitted that has been checked.
type submission struct {
	key  catalog.SubmissionKey
	data events.RepoSubmitted
}

func newSubmission(tenant, repo, ref string) (submission, error) {
	if repo == "" {
		return submission{}, errors.New("the repository is empty: give a URL, or a path of this machine")
	}
	url, err := address(repo)
	if err != nil {
		return submission{}, err
	}
	data := events.RepoSubmitted{Tenant: tenant, URL: url, Ref: ref}
	event, err := events.New(source, "", data)
	if err != nil {
		return submission{}, err
	}
	if _, err := event.ParseSubmitted(events.SubmittedSubject(tenant)); err != nil {
		return submission{}, err
	}
	return submission{catalog.SubmissionKey{Tenant: tenant, Source: source, Event: event.ID}, data}, nil
}

// How long a submission waits for its stream: workers that start with the
// stores have yet to make it.
const (
	streamPatience = 15 * time.Second
	streamPoll     = 100 * time.Millisecond
)

func (s submission) publish(ctx context.Context, b *broker.Broker) error {
	publisher := announce.New(b, s.key.Source)
	out := announce.Event{ID: s.key.Event, On: events.SubmittedSubject(s.key.Tenant), Data: s.data}
	err := publisher.Publish(ctx, out)
	for deadline := time.Now().Add(streamPatience); errors.Is(err, broker.ErrNoStream) && time.Now().Before(deadline); {
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(streamPoll):
		}
		err = publisher.Publish(ctx, out)
	}
	switch {
	case errors.Is(err, broker.ErrNoStream):
		return fmt.Errorf("submit %s: %w; start a worker, which makes the streams", s.data.URL, err)
	case err != nil:
		return fmt.Errorf("submit %s: %w", s.data.URL, err)
	}
	return nil
}
