package main

import (
	"context"
	"fmt"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
)

type importantCmd struct {
	Repo  string `arg:"" help:"Repository: its URL, its path, or the end of it."`
	Ref   string `placeholder:"REF" help:"Branch or tag. Needed where several are indexed."`
	By    string `enum:"symbol,file" default:"symbol" help:"What is ranked: symbol (default) or file."`
	Limit int    `default:"50" placeholder:"N" help:"Most symbols or files (${default}, at most 200)."`
}

func (importantCmd) Help() string {
	return "Ranks by PageRank over the references, each with its confidence as its weight. All ranks of a graph add up to 1."
}

func (cmd *importantCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.ask(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	a, err := s.leat.Important(ctx, service.ImportantRequest{
		GraphRequest: service.GraphRequest{Tenant: g.Tenant, Repository: cmd.Repo, Ref: cmd.Ref}, By: cmd.By, Limit: cmd.Limit,
	})
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(a)
	}
	for _, one := range a.Important {
		fmt.Printf("%.5f  %s  (%d)\n", one.Rank, symbolLine(one.Symbol), one.UsedBy)
	}
	return nil
}

type communitiesCmd struct {
	Repo  string `arg:"" help:"Repository: its URL, its path, or the end of it."`
	Ref   string `placeholder:"REF" help:"Branch or tag. Needed where several are indexed."`
	Limit int    `default:"50" placeholder:"N" help:"Most communities (${default}, at most 200)."`
}

func (communitiesCmd) Help() string {
	return "Groups files that refer to each other more than to others, by Louvain's method. Each is named by its directory and by words of its files' names."
}

func (cmd *communitiesCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.ask(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	a, err := s.leat.Communities(ctx, service.CommunitiesRequest{
		GraphRequest: service.GraphRequest{Tenant: g.Tenant, Repository: cmd.Repo, Ref: cmd.Ref}, Limit: cmd.Limit,
	})
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(a)
	}
	for _, one := range a.Communities {
		fmt.Printf("%s  (%d files, %.0f %% of references stay inside)\n", safeLine(one.Name), one.Size, 100*one.Cohesion)
		for _, file := range one.Files {
			fmt.Println("    " + safeLine(file))
		}
	}
	if a.Alone > 0 {
		fmt.Printf("%d files refer to no other, and none refers to them\n", a.Alone)
	}
	return nil
}

type relatedCmd struct {
	Repo  string `arg:"" help:"Repository: its URL, its path, or the end of it."`
	File  string `arg:"" help:"The path of a file, or a symbol in it."`
	Ref   string `placeholder:"REF" help:"Branch or tag. Needed where several are indexed."`
	Limit int    `default:"50" placeholder:"N" help:"Most files (${default}, at most 200)."`
}

func (relatedCmd) Help() string {
	return "Lists files that refer to it or that it refers to, that refer to the same symbols, or that the same commit was the last to change."
}

func (cmd *relatedCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.ask(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	a, err := s.leat.Related(ctx, service.RelatedRequest{
		GraphRequest: service.GraphRequest{Tenant: g.Tenant, Repository: cmd.Repo, Ref: cmd.Ref, Symbol: cmd.File}, Limit: cmd.Limit,
	})
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(a)
	}
	for _, one := range a.Related {
		why := fmt.Sprintf("refers %.2f, shares %.2f", one.Refers, one.Shares)
		if one.Changed {
			why += ", changed with it"
		}
		fmt.Println(safeLine(fmt.Sprintf("%s  [%s]", one.Path, why)))
	}
	if a.More {
		fmt.Println("… a bound ended the search: there may be more")
	}
	return nil
}
