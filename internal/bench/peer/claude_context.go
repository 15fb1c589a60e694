//go:build linux

package peer

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/leatworks/leat/internal/stack"
)

const claudeContextPackage = "@zilliz/claude-context-core@0.1.15"

// Milvus itself is a server that comes as an image. Milvus Lite is its engine for one machine.
var milvusPackages = []string{"milvus-lite==3.2.2", "pymilvus==3.0.2", "faiss-cpu==1.15.1", "numpy==2.4.6"}

//go:embed driver/claude_context.cjs
var claudeContextScript []byte

// claudeContext is the core of claude-context in a Node that stays, and Milvus Lite as a server.
type claudeContext struct {
	node, milvusLite string
	modules          string // directory that holds node_modules
	address          string // of Milvus Lite
	place            place
	milvus           *stack.Process
	driver           *driver
}

func (*claudeContext) about() About {
	return About{
		Name: "claude-context", Version: claudeContextPackage + ", " + milvusPackages[0], Vectors: true,
		Settings: "its core in a Node process that stays, as its MCP server does, and Milvus Lite as a server; splitter, batches of 100 and " +
			"hybrid mode (dense vectors and BM25) as by default; driven by reindexByChange instead of every five minutes",
	}
}

func (c *claudeContext) install(ctx context.Context, dir string) (err error) {
	if c.node, err = exec.LookPath("node"); err != nil {
		return err
	}
	c.modules = filepath.Join(dir, "claude-context")
	if err := installNode(ctx, c.modules, claudeContextPackage); err != nil {
		return err
	}
	python, err := installPython(ctx, filepath.Join(dir, "milvus"), milvusPackages)
	c.milvusLite = filepath.Join(filepath.Dir(python), "milvus-lite")
	return err
}

func (c *claudeContext) start(ctx context.Context, p place) error {
	c.place = p
	var err error
	if c.address, err = freeAddress(); err != nil {
		return err
	}
	if err := c.startMilvus(ctx); err != nil {
		return err
	}
	if err := os.WriteFile(c.script(), claudeContextScript, 0o600); err != nil {
		return err
	}
	return c.startDriver(ctx)
}

func (c *claudeContext) script() string { return filepath.Join(c.place.dir, "claude_context.cjs") }

// startDriver starts the script where the packages lie, because it looks for them from there.
func (c *claudeContext) startDriver(ctx context.Context) (err error) {
	p := c.place
	env := append(os.Environ(), "HOME="+p.dir)
	c.driver, err = startDriver(ctx, p, "claude-context", c.modules, env, c.node, c.script(), p.repo.dir, c.address, p.embedder)
	return err
}

func (c *claudeContext) startMilvus(ctx context.Context) error {
	host, port, err := net.SplitHostPort(c.address)
	if err != nil {
		return err
	}
	c.milvus = &stack.Process{Name: "milvus-lite", Log: filepath.Join(c.place.dir, "milvus-lite.log"), Command: func() *exec.Cmd {
		cmd := exec.Command(c.milvusLite, "server", "--data-dir", filepath.Join(c.place.dir, "milvus"), "--host", host, "--port", port)
		cmd.Env, cmd.Dir = append(os.Environ(), "PYTHONUNBUFFERED=1"), c.place.dir
		return cmd
	}}
	if err := c.milvus.Start(); err != nil {
		return err
	}
	for {
		text, err := os.ReadFile(c.milvus.Log)
		if err != nil {
			return err
		}
		if bytes.Contains(text, []byte("listening on")) {
			return nil
		}
		select {
		case <-c.milvus.Over():
			return fmt.Errorf("milvus-lite has ended: %s", c.milvus.LastWords())
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lookInterval):
		}
	}
}

// freeAddress returns an address of this machine that nobody listens on yet.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

func (c *claudeContext) processes() map[string]int {
	return map[string]int{"node": c.driver.PID(), "milvus-lite": c.milvus.PID()}
}

func (c *claudeContext) update(ctx context.Context) error {
	_, err := c.driver.ask(ctx, "update", "")
	return err
}

func (c *claudeContext) end() error { return c.driver.close() }

func (c *claudeContext) updateAnew(ctx context.Context) error {
	if err := c.startDriver(ctx); err != nil {
		return err
	}
	c.place.meter.follow(c.processes())
	return c.update(ctx)
}

func (c *claudeContext) search(ctx context.Context, m mark) ([]hit, error) {
	a, err := c.driver.ask(ctx, "search", m.around)
	return a.Hits, err
}

func (c *claudeContext) count(ctx context.Context) (files, chunks int64, err error) {
	a, err := c.driver.ask(ctx, "count", "")
	return a.Files, a.Chunks, err
}

func (c *claudeContext) stop() error {
	var errs []error
	if c.driver != nil {
		errs = append(errs, c.driver.close())
	}
	if c.milvus != nil {
		// It knows no signal to end by, so how it ends says nothing.
		if err := c.milvus.End(stack.StopPatience); err != nil && strings.Contains(err.Error(), "did not end") {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
