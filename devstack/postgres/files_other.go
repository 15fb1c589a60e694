//go:build !linux

package postgres

import (
	"os/exec"

	"golang.org/x/sys/unix"
)

// share returns the path by which cmd knows a directory.
func (c *cluster) share(_ *exec.Cmd, dir string) string { return dir }

// syncAll makes everything written so far durable, as far as the system offers that.
func syncAll(string) error { return unix.Sync() }
