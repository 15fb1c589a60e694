package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// How long it may take to make a cluster, and how long until a server accepts connections. After a crash, the latter
// includes the recovery.
const (
	createLimit = 2 * time.Minute
	serveLimit  = 2 * time.Minute
)

// A cluster is the data of one server. It is in Dir/data, and is complete or absent.
type cluster struct {
	dir   string
	bin   string // directory of the binaries
	fast  bool
	log   *slog.Logger
	user  *owner
	major int // major version of the data; 0 if there is none yet
}

func (c *cluster) data() string { return filepath.Join(c.dir, "data") }

// openExisting finds out who owns the data and which major version wrote it.
func (c *cluster) openExisting() error {
	info, err := os.Stat(c.data())
	if errors.Is(err, fs.ErrNotExist) {
		c.user, err = newOwner()
		return err
	}
	if err != nil {
		return err
	}
	if c.user, err = ownerOf(c.data(), info); err != nil {
		return err
	}
	version, err := os.ReadFile(filepath.Join(c.data(), "PG_VERSION"))
	if err != nil {
		return fmt.Errorf("%s holds no Postgres data: move it away: %w", c.data(), err)
	}
	c.major, err = strconv.Atoi(strings.TrimSpace(string(version)))
	if err != nil || c.major < minMajor {
		return fmt.Errorf("%s is of the unsupported version %.20q", c.data(), version)
	}
	return nil
}

// ensure makes sure that the cluster is complete and no process works on it.
func (c *cluster) ensure(ctx context.Context) error {
	halves, err := filepath.Glob(filepath.Join(globQuote(c.dir), "data.new-*"))
	if err != nil {
		return err
	}
	for _, half := range halves {
		if err := os.RemoveAll(half); err != nil {
			return fmt.Errorf("remove an unfinished cluster: %w", err)
		}
	}
	if c.major == 0 {
		return c.create(ctx)
	}
	return c.takeOver(ctx)
}

// create makes the cluster and its database under another name, and renames it when it is whole. So existing data is
// always complete.
func (c *cluster) create(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, createLimit)
	defer cancel()
	began := time.Now()
	half, err := os.MkdirTemp(c.dir, "data.new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(half) // does nothing once it has been renamed
	if err := c.user.take(half); err != nil {
		return fmt.Errorf("give the data to the server's user: %w", err)
	}
	if err := c.initdb(ctx, half); err != nil {
		return err
	}
	if err := c.createDatabase(ctx, half); err != nil {
		return err
	}
	if !c.fast {
		if err := syncAll(half); err != nil {
			return fmt.Errorf("sync new cluster: %w", err)
		}
	}
	if err := os.Rename(half, c.data()); err != nil {
		return err
	}
	c.log.Debug("cluster made", "dir", c.data(), "took", time.Since(began))
	return nil
}

func (c *cluster) initdb(ctx context.Context, data string) error {
	cmd, err := c.command("initdb", data,
		"--no-sync", "--username="+User, "--auth-local=trust", "--auth-host=reject", "--encoding=UTF8", "--locale=C")
	if err != nil {
		return err
	}
	return run(ctx, cmd, c.user, c.log)
}

// createDatabase uses the server's single-user mode, which needs neither a socket nor a driver.
func (c *cluster) createDatabase(ctx context.Context, data string) error {
	cmd, err := c.command("postgres", "")
	if err != nil {
		return err
	}
	cmd.Args = append(cmd.Args, "--single", "-D", c.share(cmd, data), "-F",
		"-c", "exit_on_error=on", "-c", "log_checkpoints=off", "postgres")
	cmd.Stdin = strings.NewReader("CREATE DATABASE " + Database + "\n")
	if err := run(ctx, cmd, c.user, c.log); err != nil {
		return fmt.Errorf("create database %s: %w", Database, err)
	}
	return nil
}

// command prepares one of the binaries, with the data directory as its -D.
func (c *cluster) command(name, data string, args ...string) (*exec.Cmd, error) {
	cmd := exec.Command(filepath.Join(c.bin, name))
	if data != "" {
		cmd.Args = append(cmd.Args, "-D", c.share(cmd, data))
	}
	cmd.Args = append(cmd.Args, args...)
	return cmd, cmd.Err
}

// servePauses are the pauses before a server that ended is started again.
var servePauses = []time.Duration{0, 100 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second, 5 * time.Second}

// serve starts the server and waits until it accepts connections. A server that ends meanwhile is started again. Two
// ends pass by themselves. Postgres 15 fails over the rows of an unlogged table that was forgotten just before a crash,
// and removes them when it recovers again. And a process of the server before may not be listed any more, but still
// hold its shared memory for as long as the kernel needs to take it down.
func (c *cluster) serve(ctx context.Context, sockets string) (*process, error) {
	ctx, cancel := context.WithTimeout(ctx, serveLimit)
	defer cancel()
	p, err := c.serveOnce(ctx, sockets)
	for _, pause := range servePauses {
		if !errors.Is(err, errEnded) {
			break
		}
		c.log.Warn("postgres did not start, and is started again", "error", err)
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(pause):
		}
		p, err = c.serveOnce(ctx, sockets)
	}
	return p, err
}

// errEnded says that a server ended before it accepted connections.
var errEnded = errors.New("the server ended")

func (c *cluster) serveOnce(ctx context.Context, sockets string) (*process, error) {
	cmd, err := c.command("postgres", c.data())
	if err != nil {
		return nil, err
	}
	cmd.Args = append(cmd.Args, settings(c.share(cmd, sockets), c.fast)...)
	p, err := spawn(cmd, c.user, syscall.SIGQUIT, c.log)
	if err != nil {
		return nil, err
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-p.exited:
			return nil, fmt.Errorf("%w: %w", errEnded, p.failure("postgres"))
		case <-ctx.Done():
			p.signal(syscall.SIGQUIT)
			if !p.wait(stopImmediate) {
				p.kill()
			}
			return nil, fmt.Errorf("wait for postgres: %w", ctx.Err())
		case <-tick.C:
			if c.ready(p.cmd.Process.Pid) {
				return p, nil
			}
		}
	}
}

// ready reports whether the server says in postmaster.pid that it is ready. The file has the server's process id on the
// first line and its state on the eighth.
func (c *cluster) ready(pid int) bool {
	content, err := os.ReadFile(filepath.Join(c.data(), "postmaster.pid"))
	if err != nil {
		return false
	}
	lines := bytes.Split(content, []byte("\n"))
	return len(lines) > 7 &&
		string(bytes.TrimSpace(lines[0])) == strconv.Itoa(pid) &&
		string(bytes.TrimSpace(lines[7])) == "ready"
}

// globQuote quotes path for use in a pattern.
func globQuote(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}
