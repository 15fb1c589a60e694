package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
)

type hookCmd struct {
	Create     hookCreateCmd     `cmd:"" help:"Create a webhook, and show its address and its secret this once."`
	List       hookListCmd       `cmd:"" help:"List webhooks, oldest first."`
	Rotate     hookRotateCmd     `cmd:"" help:"Give a webhook a new secret. Its address stays."`
	Revoke     hookRevokeCmd     `cmd:"" help:"End a webhook. Its deliveries are refused."`
	Deliveries hookDeliveriesCmd `cmd:"" help:"List the deliveries to webhooks, newest first, with their outcomes."`
	Replay     hookReplayCmd     `cmd:"" help:"Handle a delivery once more. Exits 1 if nothing was done."`
}

type hookCreateCmd struct {
	Name       string   `arg:"" help:"Who sends to it, such as acme-github."`
	Provider   string   `required:"" placeholder:"PROVIDER" help:"github, gitlab, gitea, forgejo, bitbucket (Cloud), datacenter (Bitbucket Data Center) or generic."`
	Allow      []string `required:"" sep:"none" placeholder:"HOST/OWNER" help:"Host and owner that its payloads may name, such as github.com/acme; http://, ssh:// or file:// before it chooses how leat fetches. May be repeated."`
	Refs       []string `sep:"none" placeholder:"GLOB" help:"Refs to take up when they are pushed, such as 'release/*'. May be repeated. The default branch and refs that are indexed are taken up anyway."`
	Scopes     []string `placeholder:"SCOPE" help:"What it may do: submit, forget (deleted refs and repositories), rename; several separated by commas. Default: all."`
	SecretFile string   `type:"path" placeholder:"FILE" help:"File of a secret that the git host has made, such as GitLab's signing token; - reads standard input. Default: leat makes one."`
}

func (cmd *hookCreateCmd) Run(ctx context.Context, g *globals) error {
	secret, err := readSecret(cmd.SecretFile)
	if err != nil {
		return err
	}
	s, err := g.askIndex(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	created, err := s.leat.CreateHook(operator(ctx), service.CreateHookRequest{
		Tenant: g.Tenant, Name: cmd.Name, Provider: cmd.Provider, Allowed: cmd.Allow, Refs: cmd.Refs, Scopes: cmd.Scopes, Secret: secret,
	})
	if err != nil {
		return err
	}
	return showCreatedHook(g, created)
}

func showCreatedHook(g *globals, h service.CreatedHook) error {
	if g.JSON {
		return g.answer.json(h)
	}
	fmt.Printf("path    %s\nsecret  %s\n", h.Path, h.Secret)
	note("hook %s of tenant %s: enter the gateway's address with this path, and the secret, at the git host. The secret is not shown again.", safeLine(h.Name), h.Tenant)
	return nil
}

const maxSecretFile = 4096 // bytes

// readSecret reads a secret from a file, or from standard input for -. A line break at
// the end does not belong to the secret.
func readSecret(name string) (string, error) {
	var in io.Reader = os.Stdin
	switch {
	case name == "":
		return "", nil
	case name != "-":
		f, err := os.Open(name)
		if err != nil {
			return "", fmt.Errorf("--secret-file: %w", err)
		}
		defer f.Close()
		in = f
	}
	content, err := io.ReadAll(io.LimitReader(in, maxSecretFile))
	if err != nil {
		return "", fmt.Errorf("--secret-file: %w", err)
	}
	secret := strings.TrimRight(string(content), "\r\n")
	if secret == "" {
		return "", errors.New("--secret-file: it is empty")
	}
	return secret, nil
}
