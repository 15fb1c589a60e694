package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/leatworks/leat/internal/config"
)

type configCmd struct {
	Show  configShowCmd  `cmd:"" help:"Show the settings of the workers, and where each value comes from. Secrets are masked."`
	Check configCheckCmd `cmd:"" help:"Check a configuration file: name the lines that are wrong, and the text to write instead."`

	List    configListCmd    `cmd:"" help:"List the settings that can change while the workers run, and who has set them."`
	Set     configSetCmd     `cmd:"" help:"Set a setting for all workers. It comes before flags, environment and file."`
	Unset   configUnsetCmd   `cmd:"" help:"Unset a setting: flag, environment, file or default count again."`
	History configHistoryCmd `cmd:"" help:"Show who changed which setting."`
}

type configShowCmd struct {
	Worker string `arg:"" optional:"" placeholder:"WORKER" help:"ingestor, embedder, indexer, syncer or gateway. Default: all."`
	Set    bool   `help:"Leave out settings that have their default value or none."`
}

func (cmd *configShowCmd) Run(_ context.Context, g *globals) error {
	programs := config.Programs()
	if cmd.Worker != "" {
		p, err := config.ProgramOf(cmd.Worker)
		if err != nil {
			return err
		}
		programs = []config.Program{p}
	}
	list, err := config.ShowAll(programs, g.File.Path())
	if err != nil {
		return err
	}
	kept := list[:0]
	for _, s := range list {
		if !cmd.Set || s.Given() {
			kept = append(kept, s)
		}
	}
	if g.JSON {
		return g.answer.json(map[string]any{"settings": kept})
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SETTING\tVALUE\tFROM")
	for _, s := range kept {
		fmt.Fprintf(w, "%s\t%s\t%s\n", s.Key, dash(s.Value), safeLine(s.Source))
	}
	return w.Flush()
}

type configCheckCmd struct {
	File string `arg:"" optional:"" type:"path" placeholder:"FILE" help:"The file. Default: that of --config."`
}

func (cmd *configCheckCmd) Run(_ context.Context, g *globals) error {
	file := cmd.File
	if file == "" {
		file = g.File.Path()
	}
	if file == "" {
		return errors.New("name a file: leat config check FILE, or --config (LEAT_CONFIG)")
	}
	findings, err := config.CheckFile(file)
	if err != nil {
		return err
	}
	if g.JSON {
		if findings == nil {
			findings = []config.Finding{}
		}
		if err := g.answer.json(map[string]any{"ok": len(findings) == 0, "findings": findings}); err != nil {
			return err
		}
	} else if len(findings) == 0 {
		fmt.Printf("%s: ok\n", safeLine(file))
	}
	if len(findings) == 0 {
		return nil
	}
	for _, f := range findings {
		if !g.JSON {
			fmt.Println(safeLine(f.String()))
		}
	}
	return errNo
}
