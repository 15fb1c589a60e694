package main

import (
	"context"

	"github.com/leatworks/leat/internal/mcp"
	"github.com/leatworks/leat/internal/store"
)

type mcpCmd struct {
	Serve   mcpServeCmd   `cmd:"" default:"withargs" help:"Serve tools on standard input and output, for an agent that starts this command."`
	Install mcpInstallCmd `cmd:"" help:"Add leat to the configuration of an agent."`
}

type mcpServeCmd struct {
	Tools []string `env:"LEAT_MCP_TOOLS" placeholder:"NAME" help:"Tools that the agent sees: ${mcp_tools}. Default: the first four. With --server, the gateway says."`
}

func (mcpServeCmd) Help() string {
	return "The tools ask the gateway of --server or of 'leat login' if there is one, and otherwise the stores, as every command does."
}

func (cmd *mcpServeCmd) Run(ctx context.Context, g *globals) error {
	cfg := mcp.Config{Tools: cmd.Tools, Explain: explain}
	if err := cfg.Check(); err != nil {
		return err
	}
	l, remote, err := g.remote()
	if err != nil {
		return err
	}
	if remote {
		if _, err := l.dial(true); err != nil {
			return err
		}
		return mcp.Relay(ctx, l.Server, l.Token)
	}
	parts := store.Postgres | store.S3 | store.Qdrant
	if cfg.Changes() {
		parts = store.All
	}
	s, err := g.open(ctx, parts)
	if err != nil {
		return err
	}
	defer s.close()
	return mcp.Serve(ctx, cfg, s.service, mcp.Caller{Tenant: g.Tenant})
}
