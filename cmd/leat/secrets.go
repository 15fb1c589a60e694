package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
)

// secretFound is where a secret was masked. There is no more to tell: what it
// was is nowhere in leat.
type secretFound struct {
	Ref  string `json:"ref"`
	Path string `json:"path"`
	Line int    `json:"line"`
	Rule string `json:"rule"`
}

func listSecrets(ctx context.Context, g *globals, c *catalog.Catalog, repositories []uuid.UUID) error {
	found := []secretFound{}
	for _, id := range repositories {
		for after := (catalog.FoundAt{}); ; {
			page, err := c.Findings(ctx, id, after, 1000)
			if err != nil {
				return err
			}
			if len(page) == 0 {
				break
			}
			after = page[len(page)-1]
			for _, f := range page {
				found = append(found, secretFound{f.Ref, string(f.Path), int(f.Line), f.Rule})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b secretFound) int {
		return cmp.Or(cmp.Compare(a.Ref, b.Ref), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line))
	})
	if g.JSON {
		return g.answer.json(map[string]any{"secrets": found})
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, f := range found {
		fmt.Fprintf(w, "%s\t%s:%d\n", f.Rule, safeLine(f.Path), f.Line)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	note("%s", count(len(found), "secret masked", "secrets masked"))
	return nil
}
