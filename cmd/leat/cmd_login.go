package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"

	"github.com/leatworks/leat/internal/client"
	"github.com/leatworks/leat/internal/file"
	"github.com/leatworks/leat/internal/service"
)

type loginCmd struct {
	Server string `arg:"" help:"The gateway: https://HOST[:PORT]."`
}

func (loginCmd) Help() string {
	return "The token is read from LEAT_TOKEN or from standard input. Server and token are kept in a file of the user's " +
		"configuration that is readable by its owner alone."
}

// Run asks the gateway before it keeps a token that may be wrong.
func (cmd *loginCmd) Run(ctx context.Context, g *globals) error {
	if _, err := client.CheckServer(cmd.Server); err != nil {
		return err
	}
	token, err := readToken()
	if err != nil {
		return err
	}
	l := login{Server: strings.TrimSuffix(cmd.Server, "/"), Token: token}
	asked, err := l.dial(true)
	if err != nil {
		return err
	}
	defer asked.Close()
	if _, err := asked.Several(ctx, service.TracksRequest{}); err != nil && !errors.Is(err, service.Denied) {
		return err
	}
	file, err := loginFile()
	if err == nil {
		err = l.keep(file)
	}
	if err != nil {
		return fmt.Errorf("keep the login: %w", err)
	}
	if g.JSON {
		return g.answer.json(map[string]string{"server": l.Server, "file": file})
	}
	note("logged in to %s; kept in %s", l.Server, file)
	return nil
}

// readToken reads the token without showing it.
func readToken() (string, error) {
	if token := os.Getenv(tokenVariable); token != "" {
		return token, nil
	}
	var line string
	if term.IsTerminal(int(os.Stdin.Fd())) {
		fmt.Fprint(os.Stderr, "token: ")
		typed, err := term.ReadPassword(int(os.Stdin.Fd()))
		fmt.Fprintln(os.Stderr)
		if err != nil {
			return "", fmt.Errorf("read the token: %w", err)
		}
		line = string(typed)
	} else {
		var err error
		line, err = bufio.NewReader(io.LimitReader(os.Stdin, loginLimit)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("read the token: %w", err)
		}
	}
	if line = strings.TrimSpace(line); line == "" {
		return "", fmt.Errorf("no token: set %s, or give it on standard input", tokenVariable)
	}
	return line, nil
}

// keep replaces the file of the login.
func (l login) keep(name string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	content, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return err
	}
	return file.Replace(name, append(content, '\n'), 0o600)
}

type logoutCmd struct{}

func (logoutCmd) Run(g *globals) error {
	file, err := loginFile()
	if err != nil {
		return err
	}
	err = os.Remove(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget the login: %w", err)
	}
	if g.JSON {
		return g.answer.json(map[string]bool{"was_logged_in": err == nil})
	}
	if err != nil {
		note("there was no login")
	} else {
		note("logged out; the token stays valid until it is revoked")
	}
	return nil
}
