package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/leatworks/leat/internal/number"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
)

// chosenLetters are the letters that a command works on.
type chosenLetters struct {
	ID []int64 `arg:"" optional:"" help:"Numbers of letters, as 'leat dead list' gives them."`
	letterFlags
	All bool `help:"All dead letters."`
}

func (c chosenLetters) check() error {
	filtered := c.Worker != "" || c.Repo != "" || c.Reason != "" || !c.Before.IsZero() || c.OlderThan != 0
	switch {
	case len(c.ID) == 0 && !filtered && !c.All:
		return errors.New("name the letters: give numbers, a filter such as --reason, or --all")
	case c.All && (len(c.ID) > 0 || filtered):
		return errors.New("--all means every letter: leave out the numbers and filters, or --all")
	}
	return nil
}

// refusedLetter is a letter that could not be retried or dropped.
type refusedLetter struct {
	ID     int64  `json:"id"`
	Reason string `json:"reason"`
}

func (c chosenLetters) filter(g *globals) service.LetterFilter {
	filter := c.letterFlags.filter(g)
	filter.IDs = c.ID
	return filter
}

// refusals returns the letters that could not be retried or dropped, with the remedy.
func (c chosenLetters) refusals(list []service.RefusedLetter) []refusedLetter {
	rows := make([]refusedLetter, len(list))
	for i, l := range list {
		rows[i] = refusedLetter{l.ID, l.Reason}
		if l.Absent && !c.AnyTenant {
			rows[i].Reason += letterHelp
		}
	}
	return rows
}

type deadRetryCmd struct{ chosenLetters }

// retriedLetters is the answer of a retry.
type retriedLetters struct {
	Retried  int             `json:"retried"`  // their work is due now, or they were published again
	Obsolete int             `json:"obsolete"` // deleted: there was nothing left to do
	Refused  []refusedLetter `json:"refused"`  // kept
}

func (cmd *deadRetryCmd) Run(ctx context.Context, g *globals) error {
	if err := cmd.check(); err != nil {
		return err
	}
	s, err := g.askIndex(ctx, store.Postgres|store.NATS)
	if err != nil {
		return err
	}
	defer s.close()
	did, err := s.leat.RetryLetters(ctx, cmd.filter(g))
	if err != nil {
		return fmt.Errorf("%w (before that, %s retried)", err, count(did.Retried+did.Obsolete, "letter was", "letters were"))
	}
	answer := retriedLetters{Retried: did.Retried, Obsolete: did.Obsolete, Refused: cmd.refusals(did.Refused)}
	if g.JSON {
		err = g.answer.json(answer)
	} else {
		fmt.Printf("%s retried, %s obsolete, %s refused\n", count(answer.Retried, "letter", "letters"),
			number.Thousands(answer.Obsolete), number.Thousands(len(answer.Refused)))
		showRefused(answer.Refused)
	}
	if err == nil && len(answer.Refused) > 0 {
		err = errNo
	}
	return err
}

func showRefused(refused []refusedLetter) {
	for _, r := range refused {
		note("letter %d: %s", r.ID, safeLine(oneLine(r.Reason)))
	}
}

type deadDropCmd struct{ chosenLetters }

func (cmd *deadDropCmd) Run(ctx context.Context, g *globals) error {
	if err := cmd.check(); err != nil {
		return err
	}
	s, err := g.askIndex(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	did, err := s.leat.DropLetters(ctx, cmd.filter(g))
	if err != nil {
		return err
	}
	dropped, refused := did.Dropped, cmd.refusals(did.Refused)
	if g.JSON {
		err = g.answer.json(map[string]any{"dropped": dropped, "refused": refused})
	} else {
		fmt.Printf("%s dropped\n", count(dropped, "letter", "letters"))
		showRefused(refused)
	}
	if err == nil && len(refused) > 0 {
		err = errNo
	}
	return err
}
