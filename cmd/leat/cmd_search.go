package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/search"
)

type searchCmd struct {
	Query  []string `arg:"" help:"What to look for."`
	Repo   string   `placeholder:"REPO" help:"Only this repository: its URL, its path, or the end of it."`
	Ref    string   `aliases:"at" placeholder:"REF" help:"Only this branch, tag or version (also: --at)."`
	Lang   []string `placeholder:"NAME" help:"Only this language, by a name or alias of GitHub's: Go, python, c++. May be repeated."`
	Kind   []string `placeholder:"KIND" help:"Only this kind: function, method, type, section and so on. May be repeated."`
	Symbol []string `placeholder:"NAME" help:"Only chunks that define this name, such as Flow or Stream.Flow. May be repeated."`
	Path   string   `placeholder:"PATH" help:"Only this file, the files below this directory, or the files that match this glob: * stays in a directory, ** does not."`
	Limit  int      `default:"10" placeholder:"N" help:"Most hits (${default}; at most 100)."`
	Calls  bool     `help:"Show the callers and callees of each hit."`
	Lines  int      `default:"12" placeholder:"N" help:"Most lines shown of a hit on a terminal (${default}; 0: all)."`
}

func (cmd *searchCmd) Run(ctx context.Context, g *globals) error {
	var repositories []string
	if cmd.Repo != "" {
		repositories = []string{cmd.Repo}
	}
	request := service.SearchRequest{
		Tenant: g.Tenant, Query: strings.Join(cmd.Query, " "), Repositories: repositories, Ref: cmd.Ref,
		Languages: cmd.Lang, Kinds: cmd.Kind, Symbols: cmd.Symbol, Path: cmd.Path, Limit: cmd.Limit, Calls: cmd.Calls,
	}
	if cmd.Limit < 1 { // the service takes 0 as the default
		return fmt.Errorf("--limit %d: ask for 1 to %d hits", cmd.Limit, search.MaxLimit)
	}
	if err := request.Check(); err != nil {
		return err
	}
	s, err := g.ask(ctx, store.Postgres|store.S3|store.Qdrant)
	if err != nil {
		return err
	}
	defer s.close()
	var found service.SearchAnswer
	several := false
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() (err error) {
		found, err = s.leat.Search(ctx, request)
		return err
	})
	if !g.JSON && cmd.Repo == "" {
		both.Go(func() (err error) {
			several, err = s.leat.Several(ctx, service.TracksRequest{Tenant: g.Tenant})
			return err
		})
	}
	if err := both.Wait(); err != nil {
		return err
	}
	return cmd.show(g, found, several)
}

func (cmd *searchCmd) show(g *globals, found service.SearchAnswer, several bool) error {
	if g.JSON {
		return g.answer.json(found)
	}
	if len(found.Hits) == 0 {
		fmt.Println("nothing found")
		if found.Empty != "" {
			fmt.Println(found.Empty)
		}
		printNotices(found)
		return nil
	}
	shown := printer{
		repositories: several, lines: cmd.Lines, matcher: search.NewMatcher(strings.Join(cmd.Query, " ")),
		color: onTerminal(os.Stdout) && os.Getenv("NO_COLOR") == "",
	}
	for i, h := range found.Hits {
		if i > 0 {
			fmt.Println()
		}
		fmt.Print(shown.hit(h))
	}
	printNotices(found)
	return nil
}

// printNotices says on standard error which refs are missing from the hits because they are
// dormant.
func printNotices(found service.SearchAnswer) {
	for _, notice := range service.Notices(found.Waking, found.Slept) {
		fmt.Fprintln(os.Stderr, safeLine(notice))
	}
}
