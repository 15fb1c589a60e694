package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/letter"
)

// chosenLetters are those that a command is to work on.
type chosenLetters struct {
	ID []int64 `arg:"" optional:"" help:"Numbers of letters, as 'leat dead list' gives them."`
	letterFlags
	All bool `help:"All there are."`
}

func (c chosenLetters) check() error {
	filtered := c.Worker != "" || c.Repo != "" || c.Reason != "" || !c.Before.IsZero() || c.OlderThan != 0
	switch {
	case len(c.ID) == 0 && !filtered && !c.All:
		return errors.New("say which: numbers, a filter such as --reason, or --all")
	case c.All && (len(c.ID) > 0 || filtered):
		return errors.New("--all is all there are: leave out the numbers and filters, or --all")
	}
	return nil
}

// refusedLetter is one that could not be worked on.
type refusedLetter struct {
	ID     int64  `json:"id"`
	Reason string `json:"reason"`
}

// each calls fn with the letters chosen that exist now: one that comes of a
// retry is not retried again. It returns those numbers that name none.
func (c chosenLetters) each(ctx context.Context, g *globals, s *session, fn func(id int64) error) (absent []refusedLetter, err error) {
	filter, err := c.filter(ctx, g, s)
	if err != nil {
		return nil, err
	}
	filter.IDs = c.ID
	last, err := s.catalog.Letters.Last(ctx)
	if err != nil {
		return nil, err
	}
	found := make(map[int64]bool)
	for after := int64(0); ; {
		page, err := s.catalog.Letters.List(ctx, filter, after, last, letterPage)
		if err != nil {
			return nil, err
		}
		if len(page) == 0 {
			break
		}
		for _, l := range page {
			if after = l.ID; len(c.ID) > 0 {
				found[l.ID] = true
			}
			if err := fn(l.ID); err != nil {
				return nil, err
			}
		}
	}
	for _, id := range c.ID {
		if !found[id] {
			absent = append(absent, refusedLetter{id, noLetter(g, id, c.AnyTenant)})
		}
	}
	return absent, nil
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
	s, err := g.openLetters(ctx, devstack.Postgres|devstack.NATS)
	if err != nil {
		return err
	}
	defer s.close()
	answer := retriedLetters{Refused: []refusedLetter{}}
	redrive := letter.New(s.catalog.Letters, s.broker)
	absent, err := cmd.each(ctx, g, s, func(id int64) error { return answer.retry(ctx, redrive, id) })
	if err != nil {
		return fmt.Errorf("%w (before that, %s retried)", err, count(answer.Retried+answer.Obsolete, "letter was", "letters were"))
	}
	answer.Refused = append(answer.Refused, absent...)
	if g.JSON {
		err = g.answer.json(answer)
	} else {
		fmt.Printf("%s retried, %s obsolete, %s refused\n", count(answer.Retried, "letter", "letters"), thousands(int64(answer.Obsolete)), thousands(int64(len(answer.Refused))))
		showRefused(answer.Refused)
	}
	if err == nil && len(answer.Refused) > 0 {
		err = errNo
	}
	return err
}

func (r *retriedLetters) retry(ctx context.Context, redrive letter.Redriver, id int64) error {
	became, why, err := redrive.Retry(ctx, id)
	if kind, _ := fault.Of(err); kind == fault.KindReject {
		became, why, err = catalog.RetryRefused, err.Error(), nil // no server would take the message
	}
	switch {
	case err != nil:
		return err
	case became == catalog.RetryRefused:
		r.Refused = append(r.Refused, refusedLetter{id, why})
	case became == catalog.RetryObsolete:
		r.Obsolete++
	default:
		r.Retried++
	}
	return nil
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
	s, err := g.openLetters(ctx, devstack.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	dropped := 0
	refused, err := cmd.each(ctx, g, s, func(id int64) error {
		ok, err := s.catalog.Letters.Drop(ctx, id)
		if ok {
			dropped++
		}
		return err
	})
	if err != nil {
		return err
	}
	if g.JSON {
		err = g.answer.json(map[string]any{"dropped": dropped, "refused": append([]refusedLetter{}, refused...)})
	} else {
		fmt.Printf("%s dropped\n", count(dropped, "letter", "letters"))
		showRefused(refused)
	}
	if err == nil && len(refused) > 0 {
		err = errNo
	}
	return err
}
