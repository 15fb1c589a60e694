package main

import (
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/leatworks/leat/internal/service"
)

// secretFound is the place of a masked secret. leat stores the secret itself nowhere.
type secretFound struct {
	Ref  string `json:"ref"`
	Path string `json:"path"`
	Line int    `json:"line"`
	Rule string `json:"rule"`
}

func showSecrets(g *globals, list []service.Secret) error {
	found := make([]secretFound, len(list))
	for i, f := range list {
		found[i] = secretFound(f)
	}
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
