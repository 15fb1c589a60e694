package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// takeOver ends every server process that still works on the data, and removes the pid file. The lock proves that no
// living process of leat owns these processes. Their executable and working directory prove what they are.
//
// The pid file does not count. Its number may belong to another process by now, which Postgres would take for a running
// server. The file also says nothing about backends that outlived their postmaster, and a second server beside these
// would destroy the data.
func (c *cluster) takeOver(ctx context.Context) error {
	for _, step := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGKILL} {
		gone, err := c.stopOrphans(ctx, step)
		if err != nil {
			return err
		}
		if gone {
			err := os.Remove(filepath.Join(c.data(), "postmaster.pid"))
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
	}
	return errors.New("an earlier server's processes do not end")
}

// stopOrphans signals the processes once and waits until they are gone.
func (c *cluster) stopOrphans(ctx context.Context, sig syscall.Signal) (bool, error) {
	deadline := time.Now().Add(stopImmediate)
	signalled := map[int]bool{}
	for time.Now().Before(deadline) {
		pids, err := c.orphans()
		if err != nil || len(pids) == 0 {
			return err == nil, err
		}
		for _, pid := range pids {
			if !signalled[pid] {
				c.log.Debug("stopping an orphaned postgres", "pid", pid, "signal", sig.String())
				_ = syscall.Kill(pid, sig) // the next look shows whether it worked
				signalled[pid] = true
			}
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
	return false, nil
}

// orphans lists the processes that run a postgres inside the data directory.
func (c *cluster) orphans() ([]int, error) {
	data, err := os.Stat(c.data())
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	var pids []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		exe, err := os.Readlink(filepath.Join("/proc", e.Name(), "exe"))
		if err != nil || filepath.Base(strings.TrimSuffix(exe, " (deleted)")) != "postgres" {
			continue
		}
		cwd, err := os.Stat(filepath.Join("/proc", e.Name(), "cwd"))
		if err == nil && os.SameFile(cwd, data) {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}
