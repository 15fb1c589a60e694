package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

type configSetCmd struct {
	Name  string `arg:"" placeholder:"NAME" help:"The setting, such as scrub-rate or log-level; 'leat config list' names all."`
	Value string `arg:"" placeholder:"VALUE" help:"A value that the flag of this name would take."`
}

func (cmd *configSetCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.ask(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.leat.SetSetting(operator(ctx), service.SetSettingRequest{Name: cmd.Name, Value: cmd.Value}); err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(map[string]string{"name": cmd.Name, "value": cmd.Value})
	}
	fmt.Printf("%s is %s; workers take it within seconds\n", cmd.Name, safeLine(cmd.Value))
	return nil
}

type configUnsetCmd struct {
	Name string `arg:"" placeholder:"NAME" help:"The setting."`
}

func (cmd *configUnsetCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.ask(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.leat.UnsetSetting(operator(ctx), service.UnsetSettingRequest{Name: cmd.Name}); err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(map[string]string{"name": cmd.Name})
	}
	fmt.Printf("%s has the value of the flag, environment, file or default again\n", safeLine(cmd.Name))
	return nil
}

type configListCmd struct{}

func (configListCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.ask(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	a, err := s.leat.Settings(ctx)
	if err != nil {
		return err
	}
	if g.JSON {
		a.Settings = append([]catalog.Setting{}, a.Settings...)
		return g.answer.json(a)
	}
	by := make(map[string]catalog.Setting)
	for _, one := range a.Settings {
		by[one.Name] = one
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SETTING\tVALUE\tSET\tBY")
	for _, name := range a.Names {
		if one, found := by[name]; found {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", name, safeLine(one.Value), day(&one.At), safeLine(one.Actor))
			continue
		}
		fmt.Fprintf(w, "%s\t-\t-\t-\n", name)
	}
	return w.Flush()
}

type configHistoryCmd struct{}

func (configHistoryCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.ask(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	a, err := s.leat.SettingHistory(ctx, service.SettingHistoryRequest{Limit: service.MaxAudit})
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(map[string]any{"changes": append([]service.SettingChange{}, a.Changes...)})
	}
	if len(a.Changes) == 0 {
		fmt.Println("no changes")
		return nil
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "WHEN\tBY\tSETTING\tBEFORE\tAFTER")
	for _, c := range a.Changes {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", day(&c.At), safeLine(c.Actor), safeLine(c.Name), dash(c.Before), dash(c.After))
	}
	return w.Flush()
}
