// Command leat is for people and scripts: it runs the whole pipeline on one machine,
// submits repositories, searches them, and shows their state.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"reflect"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/account"
	"github.com/leatworks/leat/internal/build"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/pipeline/chunk/child"
	"github.com/leatworks/leat/pipeline/git/reach"
)

// root holds the flags before any command.
type root struct {
	globals
	Version kong.VersionFlag `help:"Print the version, the commit and the Go release of this build."`
}

type cli struct {
	root

	Dev         devCmd         `cmd:"" help:"Start the embedded stores and all workers, and ingest."`
	Submit      submitCmd      `cmd:"" help:"Ask for a repository to be indexed."`
	Status      statusCmd      `cmd:"" help:"Show repositories and how far they are indexed."`
	Search      searchCmd      `cmd:"" help:"Find code."`
	Read        readCmd        `cmd:"" help:"Print a file as it is indexed, or a part of it."`
	Tree        treeCmd        `cmd:"" help:"List the files of a repository."`
	Grep        grepCmd        `cmd:"" help:"Find the lines of a repository that match a pattern."`
	Symbol      symbolCmd      `cmd:"" help:"Find the definitions of a name."`
	References  referencesCmd  `cmd:"" help:"List the references to a symbol, how each was found, and how sure it is."`
	Callers     callersCmd     `cmd:"" help:"List the callers of a symbol."`
	Callees     calleesCmd     `cmd:"" help:"List the callees of a symbol."`
	Neighbours  neighboursCmd  `cmd:"" help:"List the symbols that are connected with a symbol."`
	Impact      impactCmd      `cmd:"" help:"List the code that may break if a symbol or a file changes, tests first."`
	Path        pathCmd        `cmd:"" help:"Show a shortest path of references from one symbol to another."`
	Export      exportCmd      `cmd:"" help:"Write the skeleton of a wiki: pages of files, symbols, and who uses them."`
	Important   importantCmd   `cmd:"" help:"List the most important symbols or files of a repository."`
	Communities communitiesCmd `cmd:"" help:"List the groups of files that refer to each other."`
	Related     relatedCmd     `cmd:"" help:"List the files that belong to a file."`
	Graph       graphCmd       `cmd:"" help:"Import references from indexers that know the types, in place of those that leat has found."`
	Diff        diffCmd        `cmd:"" help:"Show in which files, or lines, two commits of a repository differ."`
	Pin         pinCmd         `cmd:"" help:"Keep a commit of a repository under a name, and list the kept ones."`
	Rollback    rollbackCmd    `cmd:"" help:"Make a branch serve an older commit until it is released."`
	Track       trackCmd       `cmd:"" help:"Keep the newest tags of a repository as versions, and list the globs of these tags."`
	Wake        wakeCmd        `cmd:"" help:"Bring sleeping refs back into the index."`
	Sleep       sleepCmd       `cmd:"" help:"Take refs out of the index until somebody searches them."`
	Skipped     skippedCmd     `cmd:"" help:"List the files that were not indexed, and why."`
	Verify      verifyCmd      `cmd:"" help:"Compare the catalog with the index and the object store."`
	Digest      digestCmd      `cmd:"" help:"Print hashes of the index and of the symbol graphs."`
	Forget      forgetCmd      `cmd:"" help:"Take a repository, or one of its refs, out of the index."`
	Hook        hookCmd        `cmd:"" help:"Look after webhooks: what git hosts send when somebody pushes."`
	Dead        deadCmd        `cmd:"" help:"Look after dead letters: messages that are not tried again by themselves."`
	Rebuild     rebuildCmd     `cmd:"" help:"Build the index anew beside the one that serves searches, and swap them."`
	Generations generationsCmd `cmd:"" help:"Show the generations of the index, and roll back to the one before."`
	Sync        syncCmd        `cmd:"" help:"Show what the syncer does, and approve what it waits for."`
	MCP         mcpCmd         `cmd:"" name:"mcp" help:"Let agents search and read, by the Model Context Protocol."`
	Login       loginCmd       `cmd:"" help:"Keep a gateway and its token, for the commands that follow."`
	Logout      logoutCmd      `cmd:"" help:"Forget the gateway and the token that 'leat login' keeps."`
	Completion  completionCmd  `cmd:"" help:"Print the script by which a shell completes leat's command line."`
	Backup      backupCmd      `cmd:"" help:"Make backups of a whole leat, prove them, and bring them back."`
	Keys        keysCmd        `cmd:"" help:"Show, rotate, create and destroy the keys that seal the packs in S3."`
	Migrate     migrateCmd     `cmd:"" help:"Change the catalog's schema."`
	Doctor      doctorCmd      `cmd:"" help:"Look for faults of the stores, the workers and this machine, and say how to mend them."`
	Config      configCmd      `cmd:"" help:"Show and check the settings of the workers, and change some while they run."`
	Token       tokenCmd       `cmd:"" help:"Create, list, rotate and revoke the tokens of clients."`
	Owner       tenantCmd      `cmd:"" name:"tenant" help:"Create tenants, and set their limits and their git credentials."`
	Audit       auditCmd       `cmd:"" help:"Show who changed tokens, tenants and credentials."`
	Nats        natsCmd        `cmd:"" help:"Write accounts and permissions of a NATS server, and show how to reach it."`
}

// globals holds the flags that every command takes, and the output that a command
// shares with main.
type globals struct {
	config.Client
	Tenants       []string `name:"tenant" env:"LEAT_TENANT" sep:"none" placeholder:"NAME" help:"Tenant whose repositories are meant. Default: default; with a gateway, the token's tenant."`
	JSON          bool     `name:"json" help:"Print one JSON document on standard output, also when the command fails: {\"error\": …}."`
	Fast          bool     `env:"LEAT_FAST" hidden:"" help:"Let the embedded stores not wait for the disk: their data survives the end of the process, but not of the machine. For tests."`
	config.Stores `group:"stores"`
	config.Log

	Tenant  string `kong:"-"` // the one that counts: the last of Tenants
	answer  answer `kong:"-"`
	gateway string `kong:"-"` // address of the gateway that runs in this process; "": none
	later   bool   `kong:"-"` // the stack that this command starts is announced by the command
	screen  screen `kong:"-"`
}

// The exit codes: done; done, and the answer is no; could not.
const (
	exitDone = iota
	exitNo
	exitCouldNot
)

// errNo is the error of a command that is done and whose answer is no. The command has
// shown the answer already.
var errNo = errors.New("no")

func main() {
	child.Main()
	reach.Main()
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	var c cli
	c.JSON = slices.Contains(args, "--json") // also for an error in the other arguments
	helped := exitDone
	parser := parserFor(&c, args, kong.Exit(func(int) { os.Exit(helped) }))
	if len(args) == 0 {
		args, parser.Stdout, helped = []string{"--help"}, os.Stderr, exitCouldNot
	}
	command, err := parser.Parse(args)
	if err != nil {
		return c.fail(withUsage(err))
	}
	c.Tenant = events.DefaultTenant
	if n := len(c.Tenants); n > 0 {
		c.Tenant = c.Tenants[n-1]
	}
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
		return c.fail(errors.New("interrupted"))
	default:
		return c.fail(err)
	}
}

// parserFor returns a parser that knows the command with which the arguments begin. It
// knows all commands if the arguments begin with none, or with one that needs them all. To
// know all takes a fifth of the time that leat needs to start.
func parserFor(c *cli, args []string, more ...kong.Option) *kong.Kong {
	commands := reflect.ValueOf(c).Elem()
	for i := range commands.NumField() {
		field := commands.Type().Field(i)
		if _, is := field.Tag.Lookup("cmd"); !is || len(args) == 0 || args[0] != commandName(field) || field.Type == reflect.TypeFor[completionCmd]() {
			continue
		}
		command := commands.Field(i).Addr().Interface()
		one := kong.DynamicCommand(args[0], field.Tag.Get("help"), "", command)
		return kong.Must(&c.root, slices.Concat(options(&c.root, command), more, []kong.Option{one})...)
	}
	return kong.Must(c, append(options(c), more...)...)
}

// commandName returns the word by which kong knows a command.
func commandName(field reflect.StructField) string {
	if name := field.Tag.Get("name"); name != "" {
		return name
	}
	return strings.ToLower(field.Name)
}

// options are the options of a parser that reads the command line into some structs.
func options(into ...any) []kong.Option {
	return []kong.Option{
		kong.Name("leat"),
		kong.Description("Keeps code repositories searchable. Exits 0 when done, 1 when done and the answer is no, 2 when it could not."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true}),
		kong.Help(help),
		groups,
		config.Paths(),
		kong.Vars{"version": "leat " + build.String()},
		config.Variables(kong.Vars{
			"in_flight":   fmt.Sprint(config.DefaultInFlight),
			"nats_listen": account.DefaultListen, "nats_store": account.DefaultStoreDir,
		}, into...),
	}
}

// withUsage adds the command that shows the right usage.
func withUsage(err error) error {
	path := "leat"
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil && parse.Context.Selected() != nil {
		path = "leat " + parse.Context.Selected().Path()
	}
	return fmt.Errorf("%w; see '%s --help'", err, path)
}

// fail shows an error on standard error. With --json it also prints the error as the
// document, unless the command has printed one.
func (g *globals) fail(err error) int {
	text := explain(err)
	fmt.Fprintf(os.Stderr, "leat: %s\n", text)
	if g.JSON && !g.answer.given {
		_ = g.answer.json(map[string]string{"error": text}) // the exit code says the same
	}
	return exitCouldNot
}
