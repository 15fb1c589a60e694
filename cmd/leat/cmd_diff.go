package main

import (
	"context"
	"fmt"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
)

type diffCmd struct {
	Repo  string `arg:"" help:"Repository: its URL, its path, or the end of it."`
	From  string `arg:"" help:"The older commit: an indexed branch or tag, a version, or the beginning of an indexed commit."`
	To    string `arg:"" help:"The newer commit."`
	Path  string `arg:"" optional:"" help:"Compare the lines of this file."`
	Under string `placeholder:"DIR" help:"Only files below this directory."`
	Patch bool   `short:"p" help:"Compare the lines of each file."`
}

func (diffCmd) Help() string {
	return "Compares what is indexed, and needs no clone. Exits 1 if there is a difference."
}

func (cmd *diffCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.ask(ctx, store.Postgres|store.S3)
	if err != nil {
		return err
	}
	defer s.close()
	request := service.DiffRequest{Tenant: g.Tenant, Repository: cmd.Repo, From: cmd.From, To: cmd.To, Under: cmd.Under}
	if cmd.Path != "" {
		return cmd.file(ctx, g, s, service.FileDiffRequest{DiffRequest: request, Path: cmd.Path})
	}
	var all service.DiffAnswer
	all.Files, err = pages(func(after string) ([]service.DiffFile, string, error) {
		request.After = after
		a, err := s.leat.Diff(ctx, request)
		all.From, all.To = a.From, a.To
		return a.Files, a.Next, err
	})
	if err != nil {
		return err
	}
	if g.JSON {
		if err := g.answer.json(all); err != nil {
			return err
		}
		return cmd.differs(len(all.Files))
	}
	for _, f := range all.Files {
		if err := cmd.show(ctx, s, request, f); err != nil {
			return err
		}
	}
	return cmd.differs(len(all.Files))
}

// differs returns the error that makes the exit code: errNo if there are differences.
func (cmd *diffCmd) differs(n int) error {
	if n > 0 {
		return errNo
	}
	return nil
}

// letters are git's abbreviations of the changes.
var letters = map[string]string{service.FileAdded: "A", service.FileRemoved: "D", service.FileChanged: "M", service.FileRenamed: "R"}

func (cmd *diffCmd) show(ctx context.Context, s *session, r service.DiffRequest, f service.DiffFile) error {
	line := letters[f.Change] + "  "
	if f.OldPath != "" {
		line += safeLine(f.OldPath) + " -> "
	}
	fmt.Println(line + safeLine(f.Path))
	if !cmd.Patch || f.SkipReason != "" || f.Change == service.FileRenamed {
		return nil
	}
	a, err := s.leat.FileDiff(ctx, service.FileDiffRequest{DiffRequest: r, Path: f.Path})
	if err != nil {
		return err
	}
	printHunks(a)
	return nil
}

func (cmd *diffCmd) file(ctx context.Context, g *globals, s *session, r service.FileDiffRequest) error {
	a, err := s.leat.FileDiff(ctx, r)
	if err != nil {
		return err
	}
	if !g.JSON {
		printHunks(a)
	} else if err := g.answer.json(a); err != nil {
		return err
	}
	return cmd.differs(len(a.Hunks))
}

// printHunks prints lines as a unified diff.
func printHunks(a service.FileDiffAnswer) {
	signs := map[string]string{service.FileAdded: "+", service.FileRemoved: "-", service.FileKept: " "}
	for _, h := range a.Hunks {
		fmt.Printf("@@ -%d,%d +%d,%d @@\n", h.OldStart, h.OldLines, h.NewStart, h.NewLines)
		for _, l := range h.Lines {
			fmt.Println(signs[l.Change] + safeLine(l.Text))
		}
	}
}
