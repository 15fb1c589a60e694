package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/leatworks/leat/internal/number"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
)

type graphCmd struct {
	Import graphImportCmd `cmd:"" help:"Import a SCIP index of a commit: its references replace those that leat has found."`
	List   graphListCmd   `cmd:"" help:"List the imported indexes of a repository."`
	Drop   graphDropCmd   `cmd:"" help:"Drop an imported index."`
}

type graphImportCmd struct {
	Repo   string `arg:"" help:"Repository: its URL, its path, or the end of it."`
	File   string `arg:"" help:"The index, such as index.scip, packed by gzip or not. -: standard input."`
	Commit string `required:"" placeholder:"COMMIT" help:"Full name of the commit that was indexed, which may be one that leat has yet to read."`
	Name   string `placeholder:"NAME" help:"Name that tells the index from others of the commit. Default: the indexer's name, with the root."`
	Root   string `placeholder:"DIR" help:"Directory of the repository in which the indexer ran. Default: the root."`
}

func (cmd *graphImportCmd) Run(ctx context.Context, g *globals) (err error) {
	index := io.Reader(os.Stdin)
	if cmd.File != "-" {
		file, err := os.Open(cmd.File)
		if err != nil {
			return fmt.Errorf("open the index: %w", err)
		}
		defer file.Close()
		index = file
	}
	s, err := g.ask(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	one, err := s.leat.ImportIndex(ctx, service.ImportRequest{
		IndexesRequest: service.IndexesRequest{Tenant: g.Tenant, Repository: cmd.Repo}, Commit: cmd.Commit, Name: cmd.Name, Root: cmd.Root, Index: index,
	})
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(one)
	}
	fmt.Println(indexLine(one))
	return nil
}

// indexLine shows an index for people.
func indexLine(i service.GraphIndex) string {
	state := "not in use"
	if i.Holds {
		state = "in use"
	}
	if i.Placed != nil {
		state += fmt.Sprintf(", %s placed, %s strange", number.Count(*i.Placed, "reference", "references"), number.Count(*i.Strange, "occurrence", "occurrences"))
	}
	left := ""
	if i.LeftOut > 0 {
		left = fmt.Sprintf(", %d left out", i.LeftOut)
	}
	return safeLine(fmt.Sprintf("%.12s  %s  (%s, %s, %s%s; %s)", i.Commit, i.Name, i.Tool, number.Count(i.Documents, "document", "documents"),
		number.Count(i.Occurrences, "occurrence", "occurrences"), left, state))
}

type graphListCmd struct {
	Repo string `arg:"" help:"Repository: its URL, its path, or the end of it."`
}

func (cmd *graphListCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.ask(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	a, err := s.leat.Indexes(ctx, service.IndexesRequest{Tenant: g.Tenant, Repository: cmd.Repo})
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(a)
	}
	for _, one := range a.Indexes {
		fmt.Println(indexLine(one))
	}
	return nil
}

type graphDropCmd struct {
	Repo   string `arg:"" help:"Repository: its URL, its path, or the end of it."`
	Commit string `arg:"" help:"Full name of the index's commit."`
	Name   string `arg:"" help:"Name of the index."`
}

func (cmd *graphDropCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.ask(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	of := service.IndexesRequest{Tenant: g.Tenant, Repository: cmd.Repo}
	if err := s.leat.DropIndex(ctx, service.DropIndexRequest{IndexesRequest: of, Commit: cmd.Commit, Name: cmd.Name}); err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(struct {
			Dropped string `json:"dropped"`
		}{cmd.Name})
	}
	fmt.Println("dropped " + safeLine(cmd.Name))
	return nil
}
