package main

import (
	"fmt"

	"github.com/alecthomas/kong"
)

// storeFlags is the group of the flags for the addresses of the stores and the limits
// of the streams.
const storeFlags = "stores"

var groups = kong.ExplicitGroups([]kong.Group{{
	Key: storeFlags, Title: "Stores, streams and models:",
	Description: "Every command takes these too. Where they name no store, a command uses a running 'leat dev', or else the embedded stores.",
}})

// help shows the flags of stores once, with the list of commands. In the help of a
// command they would hide the command's own flags. The help of rebuild shows one of
// them, which names the model.
func help(options kong.HelpOptions, ctx *kong.Context) error {
	if ctx.Selected() == nil {
		return kong.DefaultHelpPrinter(options, ctx)
	}
	for _, flag := range ctx.Flags() {
		ownModel := flag.Name == "embedder" && ctx.Selected().Name == "rebuild"
		if flag.Group != nil && flag.Group.Key == storeFlags && !ownModel {
			flag.Hidden = true
		}
	}
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return err
	}
	_, err := fmt.Fprintln(ctx.Stdout, "\nThe flags of stores, streams and models are in 'leat --help'.")
	return err
}
