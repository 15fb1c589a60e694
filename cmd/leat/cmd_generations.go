package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"text/tabwriter"
	"time"

	"github.com/leatworks/leat/internal/number"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
)

// forever is a retention that removes nothing.
const forever = time.Duration(math.MaxInt64)

type generationsCmd struct {
	List     generationsListCmd     `cmd:"" default:"1" help:"List the generations of the index, and the progress of one that is being built."`
	Rollback generationsRollbackCmd `cmd:"" help:"Make a retired generation serve searches again, when it is equal to the catalog."`
	Cancel   generationsCancelCmd   `cmd:"" help:"End the rebuild, or the rollback, that is under way."`
}

type generationsListCmd struct{}

// progress describes the progress of a generation that is being built.
func generationProgress(r service.Generation) string {
	if !r.Building() {
		return "-"
	}
	if r.Chunks == 0 {
		return "starting"
	}
	text := number.Thousands(r.Points) + " of " + count(r.Chunks, "point", "points")
	switch {
	case r.Points >= r.Chunks:
		text += ", comparing"
	case r.Seconds != nil:
		text += fmt.Sprintf(", %s/s, %s left", number.Thousands(int64(r.Rate)), seconds(*r.Seconds))
	}
	if r.Failing > 0 {
		text += ", " + count(r.Failing, "document fails", "documents fail")
	}
	return text
}

func (cmd *generationsListCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.askIndex(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	list, err := s.leat.Generations(ctx)
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(list)
	}
	return printGenerations(list.Generations...)
}

func printGenerations(rows ...service.Generation) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NUMBER\tSTATE\tSINCE\tEMBEDDER\tCOLLECTION\tPROGRESS\tERROR")
	for _, r := range rows {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Number, r.State, when(&r.Since), safeLine(r.Embedder), safeLine(r.Collection), generationProgress(r), shortReason(r.Error))
	}
	return w.Flush()
}

// showGeneration prints one generation, if it exists.
func showGeneration(ctx context.Context, g *globals, s *session, number int64) error {
	found, there, err := s.leat.Generation(ctx, number)
	switch {
	case err != nil:
		return err
	case !there && g.JSON:
		return g.answer.json(map[string]any{"generation": nil})
	case !there:
		fmt.Printf("generation %d was cancelled\n", number)
		return nil
	case g.JSON:
		return g.answer.json(map[string]any{"generation": found})
	}
	return printGenerations(found)
}

type generationsRollbackCmd struct {
	Number int64 `arg:"" optional:"" help:"Which generation. Default: the one that was retired last."`
	Wait   bool  `help:"Wait until it serves searches. Exits 1 if it is cancelled."`
}

func (cmd *generationsRollbackCmd) Run(ctx context.Context, g *globals) error {
	parts := store.Postgres
	if cmd.Wait {
		parts = store.All
	}
	s, err := g.ask(ctx, parts)
	if err != nil {
		return err
	}
	defer s.close()
	number, err := s.leat.RollBack(ctx, cmd.Number)
	if err != nil {
		return err
	}
	return g.awaitGeneration(ctx, s, number, cmd.Wait)
}

type generationsCancelCmd struct{}

func (cmd *generationsCancelCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.askIndex(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	number, err := s.leat.CancelRebuild(ctx)
	if err != nil {
		return err
	}
	return showGeneration(ctx, g, s, number)
}
