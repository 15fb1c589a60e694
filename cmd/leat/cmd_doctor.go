package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"text/tabwriter"
	"time"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/doctor"
	"github.com/leatworks/leat/internal/number"
	"github.com/leatworks/leat/internal/store"
)

type doctorCmd struct {
	config.Git
	All bool `help:"Also show the checks that found no fault."`
}

func (cmd *doctorCmd) Run(ctx context.Context, g *globals) error {
	if err := g.check(); err != nil {
		return err
	}
	s := &session{}
	defer s.close()
	stores, _, err := g.resolve(ctx, store.All, s)
	if err != nil {
		return err
	}
	cfg := doctor.Config{Stores: stores, Git: cmd.Git}
	if embeddedParts(g.Stores) != 0 {
		if cfg.DataDir, err = g.dataDir(); err != nil {
			return err
		}
	}
	report := doctor.Look(ctx, cfg, slog.New(slog.DiscardHandler))
	if err := cmd.show(g, report); err != nil {
		return err
	}
	if !report.OK {
		return errNo
	}
	return nil
}

func (cmd *doctorCmd) show(g *globals, report doctor.Report) error {
	if g.JSON {
		return g.answer.json(report)
	}
	counts := make(map[doctor.State]int)
	for _, f := range report.Findings {
		counts[f.State]++
		if f.State == doctor.Good && !cmd.All {
			continue
		}
		fmt.Printf("%-8s %s: %s\n", f.State, f.Subject, safeLine(f.Text))
		if f.Do != "" {
			fmt.Printf("         → %s\n", safeLine(f.Do))
		}
	}
	if len(report.Forecast) > 0 {
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "\nGROWS\tNOW\tA DAY\tLIMIT\tFULL")
		for _, f := range report.Forecast {
			limit, full := "-", "-"
			if f.Most > 0 {
				limit = number.Thousands(int64(f.Most))
			}
			if f.Full != nil {
				full = f.Full.Format(time.DateOnly)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", f.Name, number.Thousands(int64(f.Now)), number.Thousands(int64(f.PerDay)), limit, full)
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	fmt.Printf("%d good, %d warnings, %d wrong, %d not looked at\n", counts[doctor.Good], counts[doctor.Warning], counts[doctor.Wrong], counts[doctor.Skipped])
	return nil
}
