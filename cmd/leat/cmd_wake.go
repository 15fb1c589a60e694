package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/leatworks/leat/internal/number"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
)

// turnFlags choose the refs that wake or fall asleep.
type turnFlags struct {
	Repo     string        `arg:"" help:"Repository: its URL, its path, or the end of it."`
	Ref      string        `placeholder:"REF" help:"Only this branch, tag or version. Default: all that are indexed."`
	Wait     bool          `help:"Wait until it is done."`
	Patience time.Duration `default:"1m" help:"With --wait: give up when nothing has changed for so long (${default})."`
}

type wakeCmd struct{ turnFlags }

func (wakeCmd) Help() string {
	return "A ref that nobody has searched for the time of --dormant-after sleeps: it takes no room in Qdrant, and its files can be read but not searched. A search that names its repository wakes it too. Nothing is embedded."
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

const (
	turnInterval = 250 * time.Millisecond // between two looks whether a ref has turned
	turnNotice   = 10 * time.Second       // without a change, until the user is told what is waited for
)

// run turns refs. With --wait it asks again until no ref is in the state underway; asking
// again changes nothing.
func (cmd *turnFlags) run(
	ctx context.Context, g *globals, underway string, turn func(leat, context.Context, service.TurnRequest) (service.TurnAnswer, error),
) error {
	if cmd.Patience < time.Second {
		return fmt.Errorf("--patience %s: give 1s or more", cmd.Patience)
	}
	s, err := g.ask(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	var before service.TurnAnswer
	moved, told := time.Now(), time.Now()
	for {
		a, err := turn(s.leat, ctx, service.TurnRequest{Tenant: g.Tenant, Repository: cmd.Repo, Ref: cmd.Ref})
		if err != nil {
			return err
		}
		waits := slices.DeleteFunc(slices.Clone(a.Refs), func(t service.Turned) bool { return t.State != underway })
		if len(waits) == 0 || !cmd.Wait {
			return cmd.show(g, a)
		}
		if !slices.Equal(a.Refs, before.Refs) {
			before, moved, told = a, time.Now(), time.Now()
		}
		still := time.Since(moved)
		switch {
		case still >= cmd.Patience:
			return fmt.Errorf("%s; nothing has changed for %s. It goes on by itself when it can", waitsFor(waits), cmd.Patience)
		case time.Since(told) >= turnNotice:
			told = time.Now()
			note("%s; nothing has changed for %s", waitsFor(waits), still.Round(time.Second))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(turnInterval):
		}
	}
}

// waitsFor says what keeps refs from being awake or asleep, and what to do. Their documents
// wait for the syncer, or for the indexer if the syncer has handed on all of them.
func waitsFor(refs []service.Turned) string {
	var left, handed int64
	for _, t := range refs {
		left, handed = left+t.Left, handed+t.Handed
	}
	worker := "syncer"
	if handed > 0 && handed == left {
		worker = "indexer"
	}
	what := fmt.Sprintf("%s of %s is %s", service.ShortRef(refs[0].Ref), refs[0].Repository, refs[0].State)
	if len(refs) > 1 {
		what = fmt.Sprintf("%d refs of %s are %s", len(refs), refs[0].Repository, refs[0].State)
	}
	return safeLine(what) + fmt.Sprintf(", and %s for the %s: start one, or see its log ('leat doctor' says what is wrong)", waiting(left), worker)
}

// waiting says how many documents wait.
func waiting(n int64) string {
	if n == 0 {
		return "waits"
	}
	return number.Count(n, "document waits", "documents wait")
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
