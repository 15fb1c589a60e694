package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/search"
)

type searchCmd struct {
	Query []string `arg:"" help:"What to look for."`
	Repo  string   `placeholder:"REPO" help:"Only this repository: its URL, its path, or the end of it."`
	Ref   string   `placeholder:"REF" help:"Only this branch or tag."`
	Lang  []string `placeholder:"NAME" help:"Only this language, by a name or alias of GitHub's: Go, python, c++. May be repeated."`
	Path  string   `placeholder:"GLOB" help:"Only paths that match: * stays in a directory, ** does not."`
	Limit int      `default:"10" placeholder:"N" help:"Most hits (${default}; at most 100)."`
	Lines int      `default:"12" placeholder:"N" help:"Most lines shown of a hit on a terminal (${default}; 0: all)."`
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
	Encoding   string  `json:"encoding,omitempty"` // of the file, if text was decoded
	Language   string  `json:"language"`
	Kind       string  `json:"kind"`
	Symbol     string  `json:"symbol"`
	Score      float32 `json:"score"`
	Text       string  `json:"text"`
}

func (cmd *searchCmd) Run(ctx context.Context, g *globals) error {
	langs, err := languages(cmd.Lang)
	if err != nil {
		return err
	}
	if cmd.Limit < 1 || cmd.Limit > search.MaxLimit {
		return fmt.Errorf("--limit %d: ask for 1 to %d hits", cmd.Limit, search.MaxLimit)
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
	model, err := s.stores.OpenEmbedder(generation.Embedder.Name, nil, g.quietLog().Logger(&g.screen))
	if err != nil {
		return err
	}
	tracks, err := find(ctx, s.catalog, g.Tenant, cmd.Repo)
	if err != nil {
		return err
	}
	query := search.Query{
		Text: strings.Join(cmd.Query, " "), Tenant: g.Tenant, Languages: langs, Path: cmd.Path, Limit: cmd.Limit,
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
	}
	if g.JSON {
		return g.answer.json(map[string]any{"hits": rows})
	}
	if len(rows) == 0 {
		fmt.Println("nothing found")
		return nil
	}
	many := len(urls) > 1
	for i, h := range rows {
		if i > 0 {
			fmt.Println()
		}
		printHit(h, many, cmd.Lines)
	}
	return nil
}

func printHit(h searchHit, withRepository bool, lines int) {
	bold, dim, plain := "\x1b[1m", "\x1b[2m", "\x1b[0m"
	if !onTerminal(os.Stdout) || os.Getenv("NO_COLOR") != "" {
		bold, dim, plain = "", "", ""
	}
	where := fmt.Sprintf("%s:%d-%d", safeLine(h.Path), h.StartLine, h.EndLine)
	if withRepository {
		where = safeLine(h.Repository) + " " + where
	}
	fmt.Printf("%s%s%s", bold, where, plain)
	if h.Symbol != "" {
		fmt.Printf("  %s %s", h.Kind, safeLine(h.Symbol))
	}
	fmt.Printf("  %s%s@%s %.3f%s\n", dim, safeLine(shortRef(h.Ref)), shortCommit(h.Commit), h.Score, plain)
	text := strings.Split(strings.TrimRight(h.Text, "\n"), "\n")
	for n, line := range text {
		if lines > 0 && n == lines {
			fmt.Printf("  %s… %s%s\n", dim, count(len(text)-n, "more line", "more lines"), plain)
			break
		}
		fmt.Printf("%s%6d%s  %s\n", dim, h.StartLine+n, plain, clip(safe(strings.TrimSuffix(line, "\r"))))
	}
}

// clip keeps a very long line from filling the screen.
func clip(line string) string {
	const most = 400
	runes := []rune(line)
	if len(runes) <= most {
		return line
	}
	return string(runes[:most]) + "…"
}
