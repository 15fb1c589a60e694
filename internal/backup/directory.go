package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/leatworks/leat/internal/file"
)

// errLocal marks a failure of the file system, such as a full disk or a missing right, that would
// happen again a second later.
var errLocal = errors.New("the directory cannot be used")

// directory is a target in a directory of this machine.
type directory struct{ root string }

// OpenDirectory opens a target in a directory. It makes the directory if create is set.
func OpenDirectory(path string, create bool) (Target, error) {
	root, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open the target: %w", err)
	}
	if create {
		if err := os.MkdirAll(root, 0o700); err != nil {
			return nil, fmt.Errorf("open the target: %w", err)
		}
	}
	if info, err := os.Stat(root); err != nil || !info.IsDir() {
		return nil, errors.Join(fmt.Errorf("open the target: %s is not a directory", root), err)
	}
	return directory{root}, nil
}

func (directory) Close() {}

// file returns the path of an object. It refuses a name that leads out of the directory.
func (d directory) file(name string) (string, error) {
	if !filepath.IsLocal(name) || strings.HasPrefix(filepath.Base(name), file.Temporary) {
		return "", fmt.Errorf("%w: %q is not a name of an object", errLocal, name)
	}
	return filepath.Join(d.root, filepath.FromSlash(name)), nil
}

// Put writes a file beside the object, syncs it to the disk, and renames it.
func (d directory) Put(ctx context.Context, name string, body []byte) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	path, err := d.file(name)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("put %s: %w: %w", name, errLocal, err)
	}
	if err := file.Replace(path, body, 0o600); err != nil {
		return fmt.Errorf("put %s: %w: %w", name, errLocal, err)
	}
	return nil
}

func (d directory) Get(ctx context.Context, name string, most int64) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	path, err := d.file(name)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("get %s: %w", name, ErrMissing)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("get %s: %w: %w", name, ErrForbidden, err)
	case err != nil:
		return nil, fmt.Errorf("get %s: %w: %w", name, errLocal, err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, fmt.Errorf("get %s: %w: %w", name, errLocal, err)
	}
	if int64(len(content)) > most {
		return nil, fmt.Errorf("get %s: %w: more than %d bytes", name, errLocal, most)
	}
	return content, nil
}

// List goes through the directories in the order of their names. That is the order of the bytes,
// since no name of an object is a directory of another.
func (d directory) List(ctx context.Context, under string) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		root := filepath.Join(d.root, filepath.FromSlash(under))
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) { // it was removed after its directory was read, or never made
				return nil
			}
			if err != nil || ctx.Err() != nil {
				return errors.Join(err, context.Cause(ctx))
			}
			if entry.IsDir() || strings.HasPrefix(entry.Name(), file.Temporary) {
				return nil
			}
			info, err := entry.Info()
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			name, err := filepath.Rel(d.root, path)
			if err != nil {
				return err
			}
			if !yield(Item{filepath.ToSlash(name), info.Size(), info.ModTime()}, nil) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield(Item{}, fmt.Errorf("list the target: %w: %w", errLocal, err))
		}
	}
}

// Delete also removes the directory of the last object in it.
func (d directory) Delete(_ context.Context, name string) error {
	path, err := d.file(name)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete %s: %w: %w", name, errLocal, err)
	}
	if strings.Count(name, "/") > 1 && !strings.HasPrefix(name, packsDir) {
		_ = os.Remove(filepath.Dir(path)) // fails while the directory is not empty
	}
	return nil
}
