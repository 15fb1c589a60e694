//go:build linux

package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// done is the file in a directory of an installation that names what is installed there.
const done = "installed"

// installed runs do in an empty directory, unless it holds what is wanted already.
func installed(dir, what string, do func() error) error {
	before, err := os.ReadFile(filepath.Join(dir, done))
	if err == nil && string(before) == what {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700)); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, done), []byte(what), 0o600)
}

// installPython installs packages from PyPI into an environment of their own, and returns its Python.
func installPython(ctx context.Context, dir string, packages []string) (string, error) {
	python := filepath.Join(dir, "bin", "python")
	return python, installed(dir, strings.Join(packages, " "), func() error {
		if err := quiet(ctx, dir, nil, "python3", "-m", "venv", dir); err != nil {
			return err
		}
		return quiet(ctx, dir, nil, python, append([]string{"-m", "pip", "install", "--quiet", "--disable-pip-version-check"}, packages...)...)
	})
}

// installNode installs a package from npm. Its dependencies run no scripts: the grammars come with
// binaries of their own, and an index that claude-context does not use would be compiled from
// sources elsewhere.
func installNode(ctx context.Context, dir, pkg string) error {
	return installed(dir, pkg, func() error {
		return quiet(ctx, dir, nil, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel", "error", pkg)
	})
}

// installGo builds commands of a module that a mod file of this repository requires, and returns the
// module's version.
func installGo(ctx context.Context, dir, mod, module string, commands ...string) (string, error) {
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/leatworks/leat").Output()
	if err != nil {
		return "", fmt.Errorf("find the checkout of leat, whose %s is needed: %w", mod, err)
	}
	mod = filepath.Join(strings.TrimSpace(string(root)), mod)
	text, err := os.ReadFile(mod)
	if err != nil {
		return "", err
	}
	_, after, found := strings.Cut(string(text), module+" v")
	if !found {
		return "", fmt.Errorf("%s does not require %s", mod, module)
	}
	version := "v" + strings.Fields(after)[0]
	args := []string{"build", "-modfile=" + mod, "-o", dir + string(filepath.Separator)}
	for _, command := range commands {
		args = append(args, module+"/"+command)
	}
	return version, installed(dir, version, func() error {
		return quiet(ctx, strings.TrimSpace(string(root)), []string{"CGO_ENABLED=0"}, "go", args...)
	})
}

// quiet runs a command, whose output is part of the error only.
func quiet(ctx context.Context, dir string, env []string, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
		return fmt.Errorf("%s: %w: %s", filepath.Base(name), err, bytes.Join(lines[max(0, len(lines)-3):], []byte("\n")))
	}
	return nil
}
