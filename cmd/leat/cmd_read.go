package main

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strconv"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
)

type readCmd struct {
	Repo   string `arg:"" help:"Repository: its URL, its path, or the end of it."`
	Path   string `arg:"" placeholder:"PATH[:A-B]" help:"File, from the repository's root. :A-B names lines of it, :A one line, :A- all lines from there on."`
	Ref    string `aliases:"at" placeholder:"REF" help:"Branch, tag or version, or one of the last commits that were indexed (also: --at). Needed where several are indexed."`
	Around int    `placeholder:"LINE" help:"The whole definition that holds this line."`
}

func (readCmd) Help() string {
	return "Prints the text that was indexed: in UTF-8, and with secrets masked. On a terminal, control characters are shown and not obeyed."
}

// part is a path with lines.
var part = regexp.MustCompile(`^(.+):([0-9]{1,9})(-([0-9]{0,9}))?$`)

// request takes the line numbers off the path's end, unless they are part of a file's name.
func (cmd *readCmd) request(tenant string) service.ReadRequest {
	r := service.ReadRequest{Tenant: tenant, Repository: cmd.Repo, Ref: cmd.Ref, Path: cmd.Path, Around: cmd.Around}
	m := part.FindStringSubmatch(cmd.Path)
	if m == nil || cmd.Around > 0 {
		return r
	}
	r.Path = m[1]
	r.First, _ = strconv.Atoi(m[2]) // nine digits at most
	r.Last, _ = strconv.Atoi(m[4])  // "": to the end
	if m[3] == "" {
		r.Last = r.First
	}
	return r
}

func (cmd *readCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.ask(ctx, store.Postgres|store.S3)
	if err != nil {
		return err
	}
	defer s.close()
	for request := cmd.request(g.Tenant); ; {
		a, err := s.leat.Read(ctx, request)
		if err != nil {
			return err
		}
		if g.JSON {
			return g.answer.json(a)
		}
		text := a.Text
		if onTerminal(os.Stdout) {
			text = safe(text)
		}
		fmt.Print(text)
		if !a.More || a.Last < request.First || request.Last > 0 && a.Last >= request.Last {
			return nil
		}
		request.Around, request.First = 0, a.Last+1
	}
}
