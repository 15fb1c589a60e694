//go:build linux

package peer

import (
	"context"
	_ "embed"
	"os"
	"path/filepath"
	"strings"
)

// The packages of cocoindex that the flow needs.
var cocoindexPackages = []string{"cocoindex==1.0.26", "lancedb==0.40.0", "pyarrow==26.0.1", "numpy==2.4.6"}

//go:embed driver/cocoindex_flow.py
var cocoindexFlow []byte

// cocoindex is a flow of cocoindex in a Python that stays, and a local LanceDB.
type cocoindex struct {
	python string
	place  place
	driver *driver
}

func (*cocoindex) about() About {
	return About{
		Name: "cocoindex", Version: strings.Join(cocoindexPackages[:2], ", "), Vectors: true,
		Settings: "a flow like its example of code in LanceDB, in a Python process that stays: RecursiveSplitter of 1,000 bytes with " +
			"300 of overlap, memoized files and texts, batches of 64, a local LanceDB; dense vectors",
	}
}

func (c *cocoindex) install(ctx context.Context, dir string) (err error) {
	c.python, err = installPython(ctx, filepath.Join(dir, "cocoindex"), cocoindexPackages)
	return err
}

func (c *cocoindex) start(ctx context.Context, p place) error {
	c.place = p
	if err := os.WriteFile(c.flow(), cocoindexFlow, 0o600); err != nil {
		return err
	}
	return c.startDriver(ctx)
}

func (c *cocoindex) flow() string { return filepath.Join(c.place.dir, "cocoindex_flow.py") }

func (c *cocoindex) startDriver(ctx context.Context) (err error) {
	p := c.place
	env := append(os.Environ(), "COCOINDEX_DISABLE_USAGE_TRACKING=1", "LANCEDB_TELEMETRY_ENABLED=false", "HOME="+p.dir)
	c.driver, err = startDriver(ctx, p, "cocoindex", p.dir, env, c.python, c.flow(), p.repo.dir, p.dir, p.embedder, strings.Join(suffixes, ","))
	return err
}

func (c *cocoindex) processes() map[string]int { return map[string]int{"python": c.driver.PID()} }

func (c *cocoindex) update(ctx context.Context) error {
	_, err := c.driver.ask(ctx, "update", "")
	return err
}

func (c *cocoindex) end() error { return c.driver.close() }

func (c *cocoindex) updateAnew(ctx context.Context) error {
	if err := c.startDriver(ctx); err != nil {
		return err
	}
	c.place.meter.follow(c.processes())
	return c.update(ctx)
}

func (c *cocoindex) search(ctx context.Context, m mark) ([]hit, error) {
	a, err := c.driver.ask(ctx, "search", m.around)
	return relative(a.Hits, c.place.repo.dir), err
}

func (c *cocoindex) count(ctx context.Context) (files, chunks int64, err error) {
	a, err := c.driver.ask(ctx, "count", "")
	return a.Files, a.Chunks, err
}

func (c *cocoindex) stop() error {
	if c.driver == nil {
		return nil
	}
	return c.driver.close()
}

// relative makes the paths of hits relative to a directory.
func relative(hits []hit, dir string) []hit {
	for i := range hits {
		if p, err := filepath.Rel(dir, hits[i].Path); err == nil && filepath.IsAbs(hits[i].Path) {
			hits[i].Path = p
		}
	}
	return hits
}
