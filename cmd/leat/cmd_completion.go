package main

import (
	"bytes"
	"embed"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/alecthomas/kong"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

func (completionCmd) Help() string {
	return `The script completes commands, flags and the values that are known. To use it:

  bash: leat completion bash > ~/.local/share/bash-completion/completions/leat
  zsh:  leat completion zsh > "${fpath[1]}/_leat"
  fish: leat completion fish > ~/.config/fish/completions/leat.fish`
}

//go:embed completion/*.tmpl
var completionScripts embed.FS

// Run prints the script. The script is made from the model that parses the command line, so
// that no command or flag is forgotten.
func (cmd *completionCmd) Run(app *kong.Kong) error {
	script, err := completion(app.Model, cmd.Shell)
	if err == nil {
		_, err = os.Stdout.Write(script)
	}
	if err != nil {
		return fmt.Errorf("print the script for %s: %w", cmd.Shell, err)
	}
	return nil
}

func completion(app *kong.Application, shell string) ([]byte, error) {
	text, err := template.New(shell+".tmpl").Funcs(template.FuncMap{
		"quote": quoteFor[shell], "words": func(list []string) string { return strings.Join(list, " ") },
	}).ParseFS(completionScripts, "completion/"+shell+".tmpl")
	if err != nil {
		return nil, err
	}
	var script bytes.Buffer
	if err := text.Execute(&script, completeNode(app.Node, "leat", nil)); err != nil {
		return nil, err
	}
	return script.Bytes(), nil
}

// completed lists the words that may follow a command.
type completed struct {
	Path     string // leat dead list
	Help     string
	Commands []completed
	Flags    []completedFlag // its own, and those of the commands above it except leat
	Rare     []completedFlag // leat's flags of stores, which the help of a command leaves out too
	Words    []string        // the values that its argument may have; empty: any
	Files    bool            // its arguments may be paths
}

type completedFlag struct {
	Name   string
	Help   string
	Value  bool     // a value follows
	Values []string // the values that it may have; empty: any
	Dirs   bool     // the value is a directory
	Files  bool     // the value is a file
}

// Name is the last word of the path.
func (c completed) Name() string { return c.Path[strings.LastIndexByte(c.Path, ' ')+1:] }

// Shown lists all its flags.
func (c completed) Shown() []completedFlag { return slices.Concat(c.Flags, c.Rare) }

// Valued lists its flags that take a value.
func (c completed) Valued() []completedFlag {
	return slices.DeleteFunc(c.Shown(), func(f completedFlag) bool { return !f.Value })
}

// All lists the command and all commands below it.
func (c completed) All() []completed {
	all := []completed{c}
	for _, sub := range c.Commands {
		all = append(all, sub.All()...)
	}
	return all
}

func completeNode(node *kong.Node, path string, outer []completedFlag) completed {
	c := completed{Path: path, Help: sentenceOf(node.Help), Flags: append([]completedFlag{}, outer...)}
	for _, flag := range node.Flags {
		switch {
		case flag.Hidden:
		case flag.Group != nil && flag.Group.Key == storeFlags:
			c.Rare = append(c.Rare, completeFlag(flag))
		default:
			c.Flags = append(c.Flags, completeFlag(flag))
		}
	}
	inner := c.Flags
	if node.Parent == nil {
		inner = nil
	}
	for _, argument := range node.Positional {
		c.Files = c.Files || strings.HasPrefix(argument.Name, "repo")
		if argument.Enum != "" {
			c.Words = argument.EnumSlice()
		}
	}
	for _, child := range node.Children {
		if child.Type == kong.CommandNode && !child.Hidden {
			c.Commands = append(c.Commands, completeNode(child, path+" "+child.Name, inner))
		}
	}
	return c
}

func completeFlag(flag *kong.Flag) completedFlag {
	f := completedFlag{Name: flag.Name, Help: sentenceOf(flag.Help), Value: !flag.IsBool() && !flag.IsCounter()}
	if flag.Enum != "" {
		f.Values = slices.DeleteFunc(flag.EnumSlice(), func(value string) bool { return value == "" })
	}
	if flag.Tag.Type == "path" {
		f.Dirs, f.Files = flag.PlaceHolder == "DIR", flag.PlaceHolder != "DIR"
	}
	return f
}

// remark matches a part of a help text in brackets, such as the default.
var remark = regexp.MustCompile(` \([^)]*\)`)

// sentenceOf returns the first sentence of a help text, without its remarks.
func sentenceOf(help string) string {
	text, _, _ := strings.Cut(help, ". ")
	return strings.TrimSuffix(remark.ReplaceAllString(text, ""), ".")
}

// quoteFor writes a text as one word of a shell.
var quoteFor = map[string]func(string) string{
	"bash": func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" },
	"zsh": func(s string) string {
		s = strings.NewReplacer(`\`, `\\`, ":", `\:`).Replace(s)
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	},
	"fish": func(s string) string {
		return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'"
	},
}
