package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/internal/worker"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/chunk"
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

// kinds are those that chunks have.
var kinds = []string{
	chunk.KindFunction, chunk.KindMethod, chunk.KindType, chunk.KindConst, chunk.KindVar,
	chunk.KindDeclarations, chunk.KindHeader, chunk.KindSection, chunk.KindCell, chunk.KindLines,
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
	Places     []place `json:"places,omitempty"` // where else the text is
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
	langs, err := languages(cmd.Lang)
	if err != nil {
		return err
	}
	if cmd.Limit < 1 || cmd.Limit > search.MaxLimit {
		return fmt.Errorf("--limit %d: ask for 1 to %d hits", cmd.Limit, search.MaxLimit)
	}
	for _, kind := range cmd.Kind {
		if !slices.Contains(kinds, kind) {
			return fmt.Errorf("--kind %s: no such kind; there are %s", kind, strings.Join(kinds, ", "))
		}
	}
	s, err := g.open(ctx, devstack.Postgres|devstack.S3|devstack.Qdrant)
	if err != nil {
		return err
	}
	defer s.close()
	generation, err := s.generation(ctx)
	if err != nil {
		return err
	}
	model, err := s.stores.OpenEmbedder(generation.Embedder.Name, s.catalog.Usage, g.quietLog().Logger(&g.screen))
	if err != nil {
		return err
	}
	if err := generation.Embedder.Check(worker.ModelOf(model)); err != nil {
		return err
	}
	tracks, err := find(ctx, s.catalog, g.Tenant, cmd.Repo)
	if err != nil {
		return err
	}
	query := search.Query{
		Text: strings.Join(cmd.Query, " "), Tenant: g.Tenant, Languages: langs, Limit: cmd.Limit,
		Kinds: cmd.Kind, Symbols: cmd.Symbol, Path: cmd.Path,
	}
	if cmd.Repo != "" {
		query.Repositories = repositoriesOf(tracks)
	}
	if cmd.Ref != "" {
		query.Refs = fullRefs(cmd.Ref)
		if !hasRef(tracks, query.Refs) {
			return fmt.Errorf("--ref %s: not indexed; 'leat status' lists the refs that are", cmd.Ref)
		}
	}
	searcher := search.Searcher{Catalog: s.catalog, Points: s.points, Blobs: s.blobs, Embedder: model, Generation: generation}
	hits, err := searcher.Search(ctx, query)
	if err != nil {
		return err
	}
	return cmd.show(g, hits, tracks)
}

func hasRef(tracks []catalog.TrackStatus, refs []string) bool {
	return slices.ContainsFunc(tracks, func(t catalog.TrackStatus) bool { return slices.Contains(refs, t.Ref) })
}

func (cmd *searchCmd) show(g *globals, hits []search.Hit, tracks []catalog.TrackStatus) error {
	urls := make(map[string]string)
	for _, t := range tracks {
		if t.Commit != "" {
			urls[t.Repository.String()] = t.URL
		}
	}
	rows := make([]searchHit, len(hits))
	for i, h := range hits {
		rows[i] = searchHit{
			Repository: urls[h.Repository.String()], Ref: h.Ref, Commit: h.Commit, Path: h.Path,
			StartLine: h.StartLine, EndLine: h.EndLine, Partial: h.Partial, StartByte: h.StartByte, EndByte: h.EndByte, Encoding: h.Encoding,
			Language: h.Language, Kind: h.Kind, Symbol: h.Symbol, Score: h.Score, Text: h.Text,
		}
		for _, p := range h.Places {
			rows[i].Places = append(rows[i].Places, place{urls[p.Repository.String()], p.Ref, p.Commit, p.Path, p.StartLine, p.EndLine})
		}
	}
	if g.JSON {
		return g.answer.json(map[string]any{"hits": rows})
	}
	if len(rows) == 0 {
		fmt.Println("nothing found")
		return nil
	}
	shown := printer{
		repositories: len(urls) > 1, lines: cmd.Lines, matcher: search.NewMatcher(strings.Join(cmd.Query, " ")),
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
