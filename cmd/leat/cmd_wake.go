package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
)

// turnFlags choose the refs that wake or fall asleep.
type turnFlags struct {
	Repo string `arg:"" help:"Repository: its URL, its path, or the end of it."`
	Ref  string `placeholder:"REF" help:"Only this branch, tag or version. Default: all that are indexed."`
	Wait bool   `help:"Return when it is done."`
}

type wakeCmd struct{ turnFlags }

func (wakeCmd) Help() string {
	return "A ref that nobody searched for --dormant-after sleeps: it takes no room in Qdrant, and can be read and not searched. A search that names its repository wakes it too. Nothing is embedded."
}

func (cmd *wakeCmd) Run(ctx context.Context, g *globals) error {
	return cmd.run(ctx, g, service.Waking, leat.Wake)
}

type sleepCmd struct{ turnFlags }

func (sleepCmd) Help() string {
	return "Files can be read meanwhile, and texts and vectors stay. A search that names the repository, or 'leat wake', brings its lines back."
}

func (cmd *sleepCmd) Run(ctx context.Context, g *globals) error {
	return cmd.run(ctx, g, service.FallingAsleep, leat.Sleep)
}

// turnInterval is the time between two looks whether a ref has turned.
const turnInterval = 250 * time.Millisecond

// run turns refs. With --wait it asks again, which changes nothing, until none is in the
// state underway.
func (cmd *turnFlags) run(
	ctx context.Context, g *globals, underway string, turn func(leat, context.Context, service.TurnRequest) (service.TurnAnswer, error),
) error {
	s, err := g.ask(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	for {
		a, err := turn(s.leat, ctx, service.TurnRequest{Tenant: g.Tenant, Repository: cmd.Repo, Ref: cmd.Ref})
		if err != nil {
			return err
		}
		done := !slices.ContainsFunc(a.Refs, func(t service.Turned) bool { return t.State == underway })
		if done || !cmd.Wait {
			return cmd.show(g, a)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(turnInterval):
		}
	}
}

func (cmd *turnFlags) show(g *globals, a service.TurnAnswer) error {
	if g.JSON {
		return g.answer.json(a)
	}
	if len(a.Refs) == 0 {
		fmt.Printf("%s is awake\n", safeLine(a.URL))
	}
	for _, t := range a.Refs {
		fmt.Printf("%s of %s is %s\n", safeLine(service.ShortRef(t.Ref)), safeLine(t.Repository), t.State)
	}
	return nil
}
