package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/search"
)

type searchCmd struct {
	Query  []string `arg:"" help:"What to look for."`
	Repo   string   `placeholder:"REPO" help:"Only this repository: its URL, its path, or the end of it."`
	Ref    string   `placeholder:"REF" help:"Only this branch or tag."`
	Lang   []string `placeholder:"NAME" help:"Only this language, by a name or alias of GitHub's: Go, python, c++. May be repeated."`
	Kind   []string `placeholder:"KIND" help:"Only this kind: function, method, type, section and so on. May be repeated."`
	Symbol []string `placeholder:"NAME" help:"Only what defines this: Flow, Stream.Flow. May be repeated."`
	Path   string   `placeholder:"GLOB" help:"Only paths that match: * stays in a directory, ** does not."`
	Limit  int      `default:"10" placeholder:"N" help:"Most hits (${default}; at most 100)."`
	Lines  int      `default:"12" placeholder:"N" help:"Most lines shown of a hit on a terminal (${default}; 0: all)."`
}

type searchHit struct {
	Repository string  `json:"repository"`
	Ref        string  `json:"ref"`
	Commit     string  `json:"commit"`
	Path       string  `json:"path"`
	StartLine  int     `json:"start_line"`
	EndLine    int     `json:"end_line"`
	Partial    bool    `json:"partial,omitempty"` // text is bytes start_byte to end_byte of a very long line
	StartByte  int     `json:"start_byte"`
	EndByte    int     `json:"end_byte"`
	Encoding   string  `json:"encoding,omitempty"` // of the file, if text was decoded or taken out of it
	Language   string  `json:"language"`
	Kind       string  `json:"kind"`
	Symbol     string  `json:"symbol"`
	Score      float32 `json:"score"`
	Text       string  `json:"text"`
	Places     []place `json:"places,omitempty"` // other places of the text
}

type place struct {
	Repository string `json:"repository"`
	Ref        string `json:"ref"`
	Commit     string `json:"commit"`
	Path       string `json:"path"`
	StartLine  int    `json:"start_line"`
	EndLine    int    `json:"end_line"`
}

func (cmd *searchCmd) Run(ctx context.Context, g *globals) error {
	request := service.SearchRequest{
		Tenant: g.Tenant, Query: strings.Join(cmd.Query, " "), Repository: cmd.Repo, Ref: cmd.Ref,
		Languages: cmd.Lang, Kinds: cmd.Kind, Symbols: cmd.Symbol, Path: cmd.Path, Limit: cmd.Limit,
	}
	if cmd.Limit < 1 { // the service takes 0 as the default
		return fmt.Errorf("--limit %d: ask for 1 to %d hits", cmd.Limit, search.MaxLimit)
	}
	if err := request.Check(); err != nil {
		return err
	}
	s, err := g.open(ctx, store.Postgres|store.S3|store.Qdrant)
	if err != nil {
		return err
	}
	defer s.close()
	found, err := s.service.Search(ctx, request)
	if err != nil {
		return err
	}
	rows := make([]searchHit, len(found.Hits))
	for i, h := range found.Hits {
		rows[i] = newSearchHit(h)
	}
	several := false
	if !g.JSON && cmd.Repo == "" {
		if several, err = s.several(ctx, g.Tenant); err != nil {
			return err
		}
	}
	return cmd.show(g, rows, several)
}

// several reports whether a tenant has more than one repository that has been read.
func (s *session) several(ctx context.Context, tenant string) (bool, error) {
	tracks, err := s.service.Tracks(ctx, service.TracksRequest{Tenant: tenant})
	if err != nil {
		return false, err
	}
	urls := make(map[string]bool)
	for _, t := range tracks {
		if t.Commit != "" {
			urls[t.URL] = true
		}
	}
	return len(urls) > 1, nil
}

func newSearchHit(h service.Hit) searchHit {
	row := searchHit{
		Repository: h.URL, Ref: h.Ref, Commit: h.Commit, Path: h.Path,
		StartLine: h.StartLine, EndLine: h.EndLine, Partial: h.Partial, StartByte: h.StartByte, EndByte: h.EndByte, Encoding: h.Encoding,
		Language: h.Language, Kind: h.Kind, Symbol: h.Symbol, Score: h.Score, Text: h.Text,
	}
	for _, p := range h.Places {
		row.Places = append(row.Places, place{p.URL, p.Ref, p.Commit, p.Path, p.StartLine, p.EndLine})
	}
	return row
}

func (cmd *searchCmd) show(g *globals, rows []searchHit, several bool) error {
	if g.JSON {
		return g.answer.json(map[string]any{"hits": rows})
	}
	if len(rows) == 0 {
		fmt.Println("nothing found")
		return nil
	}
	shown := printer{
		repositories: several, lines: cmd.Lines, matcher: search.NewMatcher(strings.Join(cmd.Query, " ")),
		color: onTerminal(os.Stdout) && os.Getenv("NO_COLOR") == "",
	}
	for i, h := range rows {
		if i > 0 {
			fmt.Println()
		}
		fmt.Print(shown.hit(h))
	}
	return nil
}
