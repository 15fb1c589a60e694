package main

import (
	"context"
	"fmt"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
)

type treeCmd struct {
	Repo  string `arg:"" help:"Repository: its URL, its path, or the end of it."`
	Under string `arg:"" optional:"" help:"Only files below this directory."`
	Ref   string `aliases:"at" placeholder:"REF" help:"Branch, tag or version, or one of the last commits that were indexed (also: --at). Needed where several are indexed."`
}

func (cmd *treeCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.ask(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	var all service.TreeAnswer
	all.Files, err = pages(func(after string) ([]service.TreeFile, string, error) {
		a, err := s.leat.Tree(ctx, service.TreeRequest{Tenant: g.Tenant, Repository: cmd.Repo, Ref: cmd.Ref, Under: cmd.Under, After: after})
		all.At = a.At
		return a.Files, a.Next, err
	})
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(all)
	}
	for _, f := range all.Files {
		line := safeLine(f.Path)
		if f.SkipReason != "" {
			line += "  (not indexed: " + safeLine(f.SkipReason) + ")"
		}
		fmt.Println(line)
	}
	return nil
}
