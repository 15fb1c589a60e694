package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
)

type impactCmd struct {
	Repo   string `arg:"" help:"Repository: its URL, its path, or the end of it."`
	Symbol string `arg:"" optional:"" help:"A name, the end of a qualified one (Mill.grind), PATH#QUALIFIED, or the path of a file."`
	Ref    string `placeholder:"REF" help:"Branch or tag. Needed where several are indexed."`
	Diff   string `placeholder:"FILE" help:"A change of the indexed commit, as 'git diff' writes it, instead of a symbol. -: standard input."`
	Depth  int    `default:"3" placeholder:"N" help:"Steps (${default}, at most 6)."`
	Limit  int    `default:"50" placeholder:"N" help:"Most symbols (${default}, at most 200)."`
}

func (impactCmd) Help() string {
	return `Lists first what changes, then what refers to it, tests before others.

Example: git diff main | leat impact acme/mill --ref main --diff -`
}

func (cmd *impactCmd) Run(ctx context.Context, g *globals) error {
	diff, err := cmd.diff()
	if err != nil {
		return err
	}
	s, err := g.ask(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	of := service.GraphRequest{Tenant: g.Tenant, Repository: cmd.Repo, Ref: cmd.Ref, Symbol: cmd.Symbol}
	a, err := s.leat.Impact(ctx, service.ImpactRequest{Diff: diff, WalkRequest: service.WalkRequest{GraphRequest: of, Depth: cmd.Depth, Limit: cmd.Limit}})
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(a)
	}
	showNodes(a.WalkAnswer)
	for _, path := range a.Unknown {
		fmt.Println("not in the graph: " + safeLine(path))
	}
	return nil
}

// diff reads the diff; "": none is named.
func (cmd *impactCmd) diff() (string, error) {
	switch {
	case cmd.Diff == "" && cmd.Symbol == "":
		return "", errors.New("name a symbol or a file, or give a diff with --diff")
	case cmd.Diff == "":
		return "", nil
	case cmd.Symbol != "":
		return "", errors.New("give a symbol or a diff, and not both")
	}
	in := os.Stdin
	if cmd.Diff != "-" {
		file, err := os.Open(cmd.Diff)
		if err != nil {
			return "", fmt.Errorf("open the diff: %w", err)
		}
		defer func() { _ = file.Close() }() // it was only read
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, service.MaxPatch+1))
	if err != nil {
		return "", fmt.Errorf("read the diff: %w", err)
	}
	if len(text) == 0 {
		return "", errors.New("the diff is empty: nothing changes")
	}
	return string(text), nil
}
