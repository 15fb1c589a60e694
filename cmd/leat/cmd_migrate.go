package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/leatworks/leat/internal/store"
)

type migrateCmd struct {
	Up     migrateUpCmd     `cmd:"" help:"Apply the steps that are missing. Workers do so when they start."`
	Down   migrateDownCmd   `cmd:"" help:"Undo the newest step, and delete the data that only it holds."`
	Status migrateStatusCmd `cmd:"" help:"List the steps."`
}

type (
	migrateUpCmd   struct{}
	migrateDownCmd struct {
		Yes bool `help:"Confirm that the data may be lost."`
	}
	migrateStatusCmd struct{}
)

func (*migrateUpCmd) Run(ctx context.Context, g *globals) error {
	return g.migrate(ctx, func(s *session) error { return s.Catalog.Schema.Up(ctx) })
}

func (cmd *migrateDownCmd) Run(ctx context.Context, g *globals) error {
	if !cmd.Yes {
		return fmt.Errorf("taking a step back deletes the tables it made, and what is in them: add --yes if that is meant")
	}
	return g.migrate(ctx, func(s *session) error { return s.Catalog.Schema.Down(ctx) })
}

func (*migrateStatusCmd) Run(ctx context.Context, g *globals) error {
	return g.migrate(ctx, func(*session) error { return nil })
}

// migrate changes the schema, then lists its steps.
func (g *globals) migrate(ctx context.Context, change func(*session) error) error {
	s, err := g.open(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	if err := change(s); err != nil {
		return err
	}
	steps, err := s.Catalog.Schema.Status(ctx)
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(map[string]any{"migrations": steps})
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, step := range steps {
		state := "pending"
		if step.Applied {
			state = "applied"
		}
		fmt.Fprintf(w, "%s\t%s\n", state, step.Name)
	}
	return w.Flush()
}
