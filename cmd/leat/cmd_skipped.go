package main

import (
	"context"
	"fmt"
	"os"
	"sort"
	"text/tabwriter"

	"github.com/google/uuid"

	"github.com/leatworks/leat/devstack"
)

type skippedCmd struct {
	Repo   string `arg:"" help:"Repository: its URL, its path, or the end of it."`
	Reason string `placeholder:"NAME" xor:"what" help:"Only files skipped for this reason."`

	Secrets bool `xor:"what" help:"List the secrets that were masked instead: the rule, the path and the line, never the secret."`
}

type skippedFile struct {
	Ref    string `json:"ref"`
	Path   string `json:"path"`
	Reason string `json:"reason"`
	Detail string `json:"detail,omitempty"`
}

func (cmd *skippedCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.open(ctx, devstack.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	tracks, err := find(ctx, s.catalog, g.Tenant, cmd.Repo)
	if err != nil {
		return err
	}
	if cmd.Secrets {
		return listSecrets(ctx, g, s.catalog, repositoriesOf(tracks))
	}
	files := []skippedFile{}
	for _, id := range repositoriesOf(tracks) {
		for after := uuid.Nil; ; {
			page, err := s.catalog.SkippedFiles(ctx, id, after, 1000)
			if err != nil {
				return err
			}
			if len(page) == 0 {
				break
			}
			after = page[len(page)-1].ID
			for _, f := range page {
				if cmd.Reason == "" || cmd.Reason == f.Reason {
					files = append(files, skippedFile{f.Ref, string(f.Path), f.Reason, f.Detail})
				}
			}
		}
	}
	sort.Slice(files, func(i, j int) bool {
		if files[i].Ref != files[j].Ref {
			return files[i].Ref < files[j].Ref
		}
		return files[i].Path < files[j].Path
	})
	if g.JSON {
		return g.answer.json(map[string]any{"skipped": files})
	}
	return printSkipped(files)
}

func printSkipped(files []skippedFile) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	reasons := make(map[string]int)
	for _, f := range files {
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.Reason, safeLine(f.Path), safeLine(f.Detail))
		reasons[f.Reason]++
	}
	if err := w.Flush(); err != nil {
		return err
	}
	names := make([]string, 0, len(reasons))
	for name := range reasons {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool { return reasons[names[i]] > reasons[names[j]] })
	note("%s", count(len(files), "file skipped", "files skipped"))
	for _, name := range names {
		note("  %6s  %s", thousands(int64(reasons[name])), name)
	}
	return nil
}
