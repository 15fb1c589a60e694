package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/internal/wiki"
)

type exportCmd struct {
	Repo   string `arg:"" help:"Repository: its URL, its path, or the end of it."`
	At     string `placeholder:"VERSION" help:"Version, branch or tag. Needed where several are indexed."`
	Format string `enum:"md,html,json" default:"md" help:"Form of the pages: md (default), html or json."`
	By     string `enum:"directory,community" default:"directory" help:"What a page is about: a directory (default), or a community of files that refer to each other."`
	Since  string `placeholder:"VERSION" help:"Only the pages that differ from those of this version, branch or tag."`
	Link   string `placeholder:"URL" help:"Template of links to lines, with {path}, {commit}, {first} and {last}. Default: by the repository's host."`
	To     string `placeholder:"DIR" help:"Directory to write the files into. Default: the pages are listed."`
}

func (exportCmd) Help() string {
	return "Writes the skeleton of a wiki, without a language model: an overview, and a page for each directory or community. The same commit gives the same bytes. " +
		"Each page has the hash of its inputs, so that a generator on top of it need only work on pages whose hash has changed."
}

func (cmd *exportCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.ask(ctx, store.Postgres|store.S3)
	if err != nil {
		return err
	}
	defer s.close()
	a, err := cmd.export(ctx, g, s.leat)
	if err != nil {
		return err
	}
	if cmd.To != "" {
		if err := writeWiki(cmd.To, a); err != nil {
			return err
		}
	}
	if g.JSON {
		return g.answer.json(a)
	}
	if cmd.To != "" {
		fmt.Printf("%s of %s at %.10s written to %s\n", count(int64(len(a.Pages)), "page", "pages"), safeLine(a.URL), a.Commit, safeLine(cmd.To))
		return nil
	}
	for _, p := range a.Pages {
		fmt.Println(safeLine(fmt.Sprintf("%.12s  %s  %s", p.Hash, p.File, p.Title)))
	}
	for _, id := range a.Removed {
		fmt.Println(safeLine("gone          " + id))
	}
	return nil
}

// export asks for the whole wiki, part by part.
func (cmd *exportCmd) export(ctx context.Context, g *globals, l leat) (all service.ExportAnswer, err error) {
	r := service.ExportRequest{
		GraphRequest: service.GraphRequest{Tenant: g.Tenant, Repository: cmd.Repo, Ref: cmd.At},
		Format:       cmd.Format, By: cmd.By, Since: cmd.Since, Link: cmd.Link,
	}
	for {
		a, err := l.Export(ctx, r)
		if err != nil {
			return all, err
		}
		if r.After == "" {
			all = a
		} else if a.Commit != all.Commit {
			return all, errors.New("a newer commit has been indexed meanwhile: export again")
		} else {
			all.Pages = append(all.Pages, a.Pages...)
		}
		if r.After = a.Next; r.After == "" {
			return all, nil
		}
	}
}

// writeWiki writes the files of a wiki into a directory, which it makes. Their names are
// leat's own.
func writeWiki(dir string, a service.ExportAnswer) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("--to: %w", err)
	}
	files := a.Contents
	for _, p := range a.Pages {
		files = append(files, wiki.Written{Name: p.File, Content: p.Content})
	}
	for _, f := range files {
		if !filepath.IsLocal(f.Name) || filepath.Base(f.Name) != f.Name {
			return fmt.Errorf("write %q: it is no name of a page", f.Name)
		}
		if err := os.WriteFile(filepath.Join(dir, f.Name), []byte(f.Content), 0o644); err != nil {
			return fmt.Errorf("--to: %w", err)
		}
	}
	return nil
}
