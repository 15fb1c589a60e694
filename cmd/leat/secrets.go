package main

import (
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/leatworks/leat/internal/service"
)

func showSecrets(g *globals, found service.SecretsAnswer) error {
	if g.JSON {
		return g.answer.json(found)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, f := range found.Secrets {
		fmt.Fprintf(w, "%s\t%s:%d\n", f.Rule, safeLine(f.Path), f.Line)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	note("%s", count(len(found.Secrets), "secret masked", "secrets masked"))
	return nil
}
