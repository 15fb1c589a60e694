package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
)

type keysCreateCmd struct {
	Of string `arg:"" name:"tenant" help:"The tenant."`
}

func (cmd *keysCreateCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.ask(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	k, err := s.leat.CreateKey(operator(ctx), service.CreateKeyRequest{Tenant: cmd.Of})
	switch {
	case err != nil:
		return err
	case g.JSON:
		return g.answer.json(k)
	}
	fmt.Printf("key %s seals the texts of %s from now on; its repositories are read again\n", k.Key, k.Tenant)
	return nil
}

type keysDestroyCmd struct {
	Of      string `arg:"" name:"tenant" help:"The tenant."`
	Confirm string `placeholder:"TENANT" help:"The tenant's name once more. Default: it is asked for."`
}

func (cmd *keysDestroyCmd) Run(ctx context.Context, g *globals) error {
	s, err := g.ask(ctx, store.Postgres)
	if err != nil {
		return err
	}
	defer s.close()
	if cmd.Confirm == "" {
		fmt.Fprintf(os.Stderr, "Nobody will be able to read any text of tenant %s again. Its name, if that is meant: ", safeLine(cmd.Of))
		if cmd.Confirm, err = answered(os.Stdin); err != nil {
			return err
		}
	}
	done, err := s.leat.DestroyKey(operator(ctx), service.DestroyKeyRequest{Tenant: cmd.Of, Confirm: cmd.Confirm})
	switch {
	case err != nil:
		return err
	case g.JSON:
		return g.answer.json(done)
	}
	fmt.Printf("destroyed %s; %s cannot be read any more\n", strings.Join(done.Keys, ", "), count(done.Documents, "document", "documents"))
	return nil
}

// answerLimit bounds the bytes of an answer that is read.
const answerLimit = 1 << 10

// answered reads one line.
func answered(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, answerLimit)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the answer: %w", err)
	}
	return strings.TrimSpace(line), nil
}
