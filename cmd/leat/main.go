// Command leat is for people and scripts: it runs the whole pipeline on one
// machine, submits repositories, searches them, and says how they are.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/worker"
)

type cli struct {
	globals

	Dev     devCmd     `cmd:"" help:"Start the embedded stores and all workers, and ingest."`
	Submit  submitCmd  `cmd:"" help:"Ask for a repository to be indexed."`
	Status  statusCmd  `cmd:"" help:"Show repositories and how far they are indexed."`
	Search  searchCmd  `cmd:"" help:"Find code."`
	Skipped skippedCmd `cmd:"" help:"List the files that were not indexed, and why."`
	Verify  verifyCmd  `cmd:"" help:"Compare the catalog with the index and the object store."`
	Digest  digestCmd  `cmd:"" help:"Print a hash of what the index holds."`
	Migrate migrateCmd `cmd:"" help:"Change the catalog's schema."`
}

// globals are the flags that every command takes.
type globals struct {
	Data   string `env:"LEAT_DATA" type:"path" placeholder:"DIR" help:"Data directory of the embedded stores. Default: $XDG_DATA_HOME/leat or ~/.local/share/leat."`
	Tenant string `env:"LEAT_TENANT" default:"default" placeholder:"NAME" help:"Whose repositories (${default})."`
	JSON   bool   `name:"json" help:"Print one JSON document."`
	config.Stores
	config.Log
}

// Exit codes: done; done, and the answer is no; could not.
const (
	exitDone = iota
	exitNo
	exitCouldNot
)

// errNo is the error of a command that is done and whose answer is no. It has
// been shown already.
var errNo = errors.New("no")

func main() {
	os.Exit(run())
}

func run() int {
	var c cli
	parser := kong.Must(&c, kong.Name("leat"),
		kong.Description("Keeps code repositories searchable."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Vars{"in_flight": fmt.Sprint(worker.DefaultInFlight)},
		kong.Exit(func(code int) {
			if code != exitDone {
				code = exitCouldNot
			}
			os.Exit(code)
		}),
	)
	command, err := parser.Parse(os.Args[1:])
	parser.FatalIfErrorf(err)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		stop() // the next signal kills
	}()
	command.BindTo(ctx, (*context.Context)(nil))
	switch err := command.Run(&c.globals); {
	case err == nil:
		return exitDone
	case errors.Is(err, errNo):
		return exitNo
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "leat: interrupted")
		return exitCouldNot
	default:
		fmt.Fprintf(os.Stderr, "leat: %v\n", err)
		return exitCouldNot
	}
}
