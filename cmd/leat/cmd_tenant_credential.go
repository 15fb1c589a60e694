package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"golang.org/x/term"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

type tenantCredentialCmd struct {
	Set    credentialSetCmd    `cmd:"" help:"Keep a credential, sealed with LEAT_SECRET_KEY. The password or token is read from standard input."`
	List   credentialListCmd   `cmd:"" help:"List the hosts for which there is a credential."`
	Remove credentialRemoveCmd `cmd:"" help:"Delete a credential."`
}

type credentialSetCmd struct {
	Host string `arg:"" help:"The git host, with its port unless that is 443."`
	User string `placeholder:"NAME" help:"User name. Default: the one that the host expects beside a token."`
}

func (cmd *credentialSetCmd) Run(ctx context.Context, g *globals) error {
	secret, err := askSecret("password or token for " + cmd.Host)
	if err != nil {
		return err
	}
	s, err := g.openIndex(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	host, err := s.service.SetCredential(operator(ctx), service.SetCredentialRequest{
		CredentialRequest: service.CredentialRequest{Tenant: g.Tenant, Host: cmd.Host}, User: cmd.User, Secret: secret,
	})
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(map[string]string{"tenant": g.Tenant, "host": host})
	}
	fmt.Printf("kept a credential of tenant %s for %s\n", g.Tenant, host)
	return nil
}

// maxSecret bounds a secret that is read from standard input, in bytes.
const maxSecret = 8 << 10

// askSecret reads a line from standard input, and does not show it on a terminal. Every
// process of the machine could see a secret among the arguments.
func askSecret(what string) (string, error) {
	var line string
	var err error
	if fd := int(os.Stdin.Fd()); term.IsTerminal(fd) {
		fmt.Fprintf(os.Stderr, "%s: ", what)
		var typed []byte
		typed, err = term.ReadPassword(fd)
		line = string(typed)
		fmt.Fprintln(os.Stderr)
	} else if line, err = bufio.NewReader(io.LimitReader(os.Stdin, maxSecret)).ReadString('\n'); errors.Is(err, io.EOF) {
		err = nil
	}
	if err != nil {
		return "", fmt.Errorf("read the %s: %w", what, err)
	}
	if line = strings.TrimSpace(line); line == "" {
		return "", fmt.Errorf("give the %s on standard input", what)
	}
	return line, nil
}

type credentialListCmd struct{}

func (cmd *credentialListCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.openIndex(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	list, err := s.service.Credentials(ctx, service.CredentialsRequest{Tenant: g.Tenant})
	if err != nil {
		return err
	}
	if g.JSON {
		if list == nil {
			list = []catalog.GitCredential{}
		}
		return g.answer.json(map[string]any{"credentials": list})
	}
	if len(list) == 0 {
		fmt.Println("no credentials")
		return nil
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "HOST\tCREATED\tCHANGED")
	for _, c := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\n", c.Host, day(&c.CreatedAt), day(&c.ChangedAt))
	}
	return w.Flush()
}

type credentialRemoveCmd struct {
	Host string `arg:"" help:"The git host, as 'leat tenant credential list' gives it."`
}

func (cmd *credentialRemoveCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.openIndex(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.service.RemoveCredential(operator(ctx), service.CredentialRequest{Tenant: g.Tenant, Host: cmd.Host}); err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(map[string]string{"tenant": g.Tenant, "removed": cmd.Host})
	}
	fmt.Printf("removed the credential of tenant %s for %s\n", g.Tenant, safeLine(cmd.Host))
	return nil
}
