package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"text/tabwriter"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/internal/account"
	"github.com/leatworks/leat/internal/store"
)

type natsCmd struct {
	Config   natsConfigCmd   `cmd:"" help:"Write a configuration of a NATS server: accounts, users, permissions and keys. Each --tenant gets an account with a publisher and a listener, beside those of earlier runs."`
	Listener natsListenerCmd `cmd:"" help:"Create the consumer from which a tenant's listeners read."`
	Show     natsShowCmd     `cmd:"" help:"Show how a client connects to the NATS server of a running 'leat dev'."`
}

type natsConfigCmd struct {
	Output   string `required:"" type:"path" placeholder:"DIR" help:"Directory of the files. They are readable by their owner alone."`
	Variant  string `enum:"operator,users," default:"" placeholder:"VARIANT" help:"operator: accounts and users are JWTs. users: they stand in the configuration, with nkeys. Default: that of an earlier run, else operator."`
	Listen   string `default:"${nats_listen}" placeholder:"ADDR" help:"Address of the server (${default})."`
	StoreDir string `default:"${nats_store}" placeholder:"DIR" help:"The server's directory of streams (${default})."`
	Force    bool   `help:"Make new keys in place of those in the directory. Whoever has the old ones is shut out."`
}

// Run writes files and asks no server. Each --tenant gets an account.
func (cmd *natsConfigCmd) Run(g *globals) error {
	tenants := g.Tenants
	if len(tenants) == 0 {
		tenants = []string{g.Tenant}
	}
	w, err := account.Write(account.Config{
		Dir: cmd.Output, Variant: account.Variant(cmd.Variant), Tenants: tenants, Listen: cmd.Listen, StoreDir: cmd.StoreDir, Force: cmd.Force,
	})
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(w)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "USER\tTENANT\tCREDENTIALS\tINBOX PREFIX")
	for _, u := range w.Users {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", u.Name, u.Tenant, u.Credentials, u.Inbox)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	note("start the server with 'nats-server -c %s', and each worker with its file in LEAT_NATS_CREDENTIALS", w.Config)
	return nil
}

type natsListenerCmd struct {
	Remove bool `help:"Remove the consumer, and what waits in it."`
}

func (cmd *natsListenerCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.open(ctx, store.NATS)
	if err != nil {
		return err
	}
	defer s.close()
	if cmd.Remove {
		if err := s.service.DropListener(ctx, g.Tenant); err != nil {
			return err
		}
		if g.JSON {
			return g.answer.json(map[string]any{"tenant": g.Tenant, "removed": true})
		}
		note("tenant %s has no consumer any more", g.Tenant)
		return nil
	}
	made, err := s.service.EnsureListener(ctx, g.Tenant)
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(made)
	}
	fmt.Printf("consumer %s of stream %s\n", made.Consumer, made.Stream)
	return nil
}

type natsShowCmd struct{}

// natsShown says how a client reaches the embedded server. It holds no secret.
type natsShown struct {
	URL       string `json:"url"`
	TokenFile string `json:"token_file"`
}

// Run never prints the token: standard output ends up in logs.
func (cmd *natsShowCmd) Run(g *globals) error {
	dir, err := g.dataDir()
	if err != nil {
		return err
	}
	running, found, err := devstack.Running(dir)
	if err != nil {
		return err
	}
	if !found || running.NATS == "" {
		return fmt.Errorf("no 'leat dev' works on %s: start it, or name its directory with --data", dir)
	}
	shown := showNATS(dir, running.NATS)
	if g.JSON {
		return g.answer.json(shown)
	}
	fmt.Println(shown)
	return nil
}

// showNATS takes the token out of the server's address.
func showNATS(dir, address string) natsShown {
	shown := natsShown{TokenFile: devstack.NATSTokenFile(dir)}
	if u, err := url.Parse(address); err == nil {
		u.User = nil
		shown.URL = u.String()
	}
	return shown
}

func (n natsShown) String() string { return fmt.Sprintf("%s, token in %s", n.URL, n.TokenFile) }
