package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/leatworks/leat/internal/file"
	"github.com/leatworks/leat/internal/mcp/agent"
)

type mcpInstallCmd struct {
	Client string `required:"" placeholder:"NAME" help:"The agent: claude-code, claude-desktop, codex, cursor, gemini, vscode or windsurf."`
	DryRun bool   `help:"Show the change, and do not make it."`
}

func (mcpInstallCmd) Help() string {
	return "The agent will start 'leat mcp' with the --data or --server of this command. The token is not written there: the agent's leat takes it " +
		"from LEAT_TOKEN or from 'leat login'. The change is shown first, and the file as it was is kept beside it, with .leat-backup at the end of its name."
}

// installed is the answer of 'leat mcp install'.
type installed struct {
	File    string `json:"file"`
	Changed bool   `json:"changed"`          // or would be, with --dry-run
	Backup  string `json:"backup,omitempty"` // the file as it was
	DryRun  bool   `json:"dry_run"`
}

// agentFileLimit bounds the configuration of an agent, in bytes.
const agentFileLimit = 16 << 20

func (cmd *mcpInstallCmd) Run(g *globals) error {
	known, err := agent.Find(cmd.Client)
	if err != nil {
		return err
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return fmt.Errorf("find the home directory: %w", err)
	}
	here, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("find the working directory: %w", err)
	}
	server, err := g.agentServer()
	if err != nil {
		return err
	}
	done := installed{File: known.Path(home, here), DryRun: cmd.DryRun}
	before, mode, err := readAgentFile(done.File)
	if err != nil {
		return err
	}
	after, err := known.Edit(before, server)
	if err != nil {
		return fmt.Errorf("%s: %w", done.File, err)
	}
	done.Changed = !bytes.Equal(before, after)
	if !g.JSON {
		showChange(done, before, after)
	}
	if done.Changed && !cmd.DryRun {
		if done.Backup, err = replaceAgentFile(done.File, before, after, mode); err != nil {
			return err
		}
	}
	if g.JSON {
		return g.answer.json(done)
	}
	if done.Backup != "" {
		fmt.Println("the file as it was is " + safeLine(done.Backup))
	}
	return nil
}

// agentServer returns the command line by which the agent starts this program, with the
// gateway or stores that this command names.
func (g *globals) agentServer() (agent.Server, error) {
	self, err := os.Executable()
	if err != nil {
		return agent.Server{}, fmt.Errorf("find this program's file: %w", err)
	}
	s := agent.Server{Command: self, Args: []string{"mcp"}, Env: map[string]string{}}
	if g.Server != "" {
		s.Env["LEAT_SERVER"] = g.Server
	}
	if g.Data != "" {
		s.Env["LEAT_DATA"] = g.Data
	}
	if len(g.Tenants) > 0 {
		s.Env["LEAT_TENANT"] = g.Tenant
	}
	return s, nil
}

func readAgentFile(file string) (content []byte, mode fs.FileMode, err error) {
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0o600, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read the agent's configuration: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > agentFileLimit {
		return nil, 0, fmt.Errorf("%s is no file of at most %d bytes: change it by hand", file, agentFileLimit)
	}
	content, err = os.ReadFile(file)
	if err != nil {
		return nil, 0, fmt.Errorf("read the agent's configuration: %w", err)
	}
	return content, info.Mode().Perm(), nil
}

// replaceAgentFile replaces the file in one step, and keeps the earlier one beside it.
func replaceAgentFile(name string, before, after []byte, mode fs.FileMode) (backup string, err error) {
	name, err = resolveLink(name)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return "", fmt.Errorf("make the directory of the agent's configuration: %w", err)
	}
	if before != nil {
		backup = name + ".leat-backup"
		if err := file.Replace(backup, before, mode); err != nil {
			return "", fmt.Errorf("keep the agent's configuration: %w", err)
		}
	}
	if err := file.Replace(name, after, mode); err != nil {
		return "", fmt.Errorf("write the agent's configuration: %w", err)
	}
	return backup, nil
}

// resolveLink returns the file that a symbolic link leads to, which is the one to replace.
func resolveLink(file string) (string, error) {
	real, err := filepath.EvalSymlinks(file)
	if errors.Is(err, fs.ErrNotExist) {
		return file, nil
	}
	if err != nil {
		return "", fmt.Errorf("find the agent's configuration: %w", err)
	}
	return real, nil
}

// showChange prints the lines that are added and removed.
func showChange(done installed, before, after []byte) {
	switch {
	case !done.Changed:
		fmt.Println(safeLine(done.File) + " has leat already")
		return
	case done.DryRun:
		fmt.Println(safeLine(done.File) + " would change:")
	default:
		fmt.Println(safeLine(done.File) + " changes:")
	}
	old, now := strings.Split(string(before), "\n"), strings.Split(string(after), "\n")
	from := 0 // lines that both begin with
	for from < len(old) && from < len(now) && old[from] == now[from] {
		from++
	}
	end := 0 // lines that both end with
	for end < len(old)-from && end < len(now)-from && old[len(old)-1-end] == now[len(now)-1-end] {
		end++
	}
	for _, line := range old[from : len(old)-end] {
		if line != "" {
			fmt.Println("- " + clip(safe(line)))
		}
	}
	for _, line := range now[from : len(now)-end] {
		fmt.Println("+ " + clip(safe(line)))
	}
}
