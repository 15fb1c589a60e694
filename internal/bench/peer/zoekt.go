//go:build linux

package peer

import (
	"context"
	"os"
	"path/filepath"
	"strings"
)

// zoekt is its command that indexes a git repository, run for each update. Nothing keeps running.
type zoekt struct {
	index, find string // files of the commands
	version     string
	place       place
}

func (z *zoekt) about() About {
	return About{
		Name: "zoekt", Version: z.version,
		Settings: "zoekt-git-index -incremental for each update, without ctags; trigrams, no vectors and no chunks",
	}
}

func (z *zoekt) install(ctx context.Context, dir string) (err error) {
	dir = filepath.Join(dir, "zoekt")
	z.index, z.find = filepath.Join(dir, "zoekt-git-index"), filepath.Join(dir, "zoekt")
	z.version, err = installGo(ctx, dir, "tools/zoekt.mod", "github.com/sourcegraph/zoekt", "cmd/zoekt-git-index", "cmd/zoekt")
	return err
}

func (z *zoekt) start(_ context.Context, p place) error {
	z.place = p
	return os.MkdirAll(z.data(), 0o700)
}

func (z *zoekt) data() string { return filepath.Join(z.place.dir, "index") }

func (z *zoekt) processes() map[string]int { return nil }

func (z *zoekt) update(ctx context.Context) error {
	_, err := z.place.meter.command(ctx, true, os.Environ(), z.index, "-index", z.data(), "-disable_ctags", z.place.repo.dir)
	return err
}

func (*zoekt) end() error { return nil }

func (z *zoekt) updateAnew(ctx context.Context) error { return z.update(ctx) }

// search prints a line "PATH:NUMBER:TEXT" for each match.
func (z *zoekt) search(ctx context.Context, m mark) ([]hit, error) {
	out, err := z.place.meter.command(ctx, false, os.Environ(), z.find, "-index_dir", z.data(), m.word)
	var hits []hit
	for line := range strings.Lines(out) {
		if parts := strings.SplitN(line, ":", 3); len(parts) == 3 {
			hits = append(hits, hit{parts[0], parts[2]})
		}
	}
	return hits, err
}

func (*zoekt) count(context.Context) (files, chunks int64, err error) { return 0, 0, nil }

func (*zoekt) stop() error { return nil }
