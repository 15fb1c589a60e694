package main

import (
	"context"
	"fmt"
	"os"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
)

type grepCmd struct {
	Pattern    string   `arg:"" help:"Regular expression in RE2's syntax, matched in each line."`
	Repo       string   `arg:"" help:"Repository: its URL, its path, or the end of it."`
	Ref        string   `placeholder:"REF" help:"Branch or tag. Needed where several are indexed."`
	Fixed      bool     `short:"F" help:"Take the pattern literally, not as a regular expression."`
	IgnoreCase bool     `short:"i" help:"Ignore the difference between upper and lower case."`
	Path       string   `placeholder:"PATH" help:"Only this file, the files below this directory, or the files that match this glob: * stays in a directory, ** does not."`
	Lang       []string `placeholder:"NAME" help:"Only this language, by a name or alias of GitHub's: Go, python, c++. May be repeated."`
	Limit      int      `default:"1000" placeholder:"N" help:"Most lines (${default}; 0: all)."`
}

func (grepCmd) Help() string {
	return "Looks at the texts as they were indexed, in the order of paths: in UTF-8, and with secrets masked. Exits 1 if no line matches."
}

func (cmd *grepCmd) Run(ctx context.Context, g *globals) error {
	if cmd.Limit < 0 {
		return fmt.Errorf("--limit %d: ask for 1 or more lines, or 0 for all", cmd.Limit)
	}
	s, err := g.ask(ctx, store.Postgres|store.S3)
	if err != nil {
		return err
	}
	defer s.close()
	all := service.GrepAnswer{Lines: []service.GrepLine{}}
	r := service.GrepRequest{
		Tenant: g.Tenant, Repository: cmd.Repo, Ref: cmd.Ref, Pattern: cmd.Pattern, Literal: cmd.Fixed, IgnoreCase: cmd.IgnoreCase,
		Path: cmd.Path, Languages: cmd.Lang,
	}
	for {
		r.Limit = service.MaxGrepLimit
		if cmd.Limit > 0 {
			r.Limit = min(r.Limit, cmd.Limit-len(all.Lines))
		}
		a, err := s.leat.Grep(ctx, r)
		if err != nil {
			return err
		}
		if !g.JSON {
			cmd.show(a.Lines)
		}
		a.Lines, a.Files, a.Bytes = append(all.Lines, a.Lines...), all.Files+a.Files, all.Bytes+a.Bytes
		all, r.After = a, a.Next
		if a.Next == "" || cmd.Limit > 0 && len(a.Lines) >= cmd.Limit {
			break
		}
	}
	switch {
	case g.JSON:
		if err := g.answer.json(all); err != nil {
			return err
		}
	case all.Next != "":
		fmt.Fprintf(os.Stderr, "only the first %d lines are shown: ask for more with --limit\n", len(all.Lines))
	}
	if len(all.Lines) == 0 {
		return errNo
	}
	return nil
}

func (cmd *grepCmd) show(lines []service.GrepLine) {
	for _, l := range lines {
		fmt.Printf("%s:%d:%s\n", safeLine(l.Path), l.Line, safeLine(l.Text))
	}
}
