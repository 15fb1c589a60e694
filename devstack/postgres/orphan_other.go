//go:build !linux

package postgres

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

// takeOver ends a server that a killed owner left running. pg_ctl signals whatever process the pid file names, so
// takeOver first checks the command of the process. A file that names another program is stale.
func (c *cluster) takeOver(ctx context.Context) error {
	file := filepath.Join(c.data(), "postmaster.pid")
	content, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	pid, _, _ := bytes.Cut(content, []byte("\n"))
	name, _ := exec.CommandContext(ctx, "ps", "-o", "comm=", "-p", string(bytes.TrimSpace(pid))).Output()
	if filepath.Base(strings.TrimSpace(string(name))) != "postgres" {
		return os.Remove(file)
	}
	cmd, err := c.command("pg_ctl", c.data(), "stop", "-m", "immediate", "-w", "-t", "10")
	if err != nil {
		return err
	}
	if err := run(ctx, cmd, c.user, c.log); err != nil {
		return fmt.Errorf("stop an orphaned postgres: %w", err)
	}
	return nil
}
