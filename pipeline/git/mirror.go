package git

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// lock is the right to change a mirror: an flock on the file beside it. Git inherits the
// descriptor. So after a kill -9 of this process the lock is held until the last git has
// ended too, and no leftover process meets its successor.
type lock struct{ file *os.File }

const lockInterval = 10 * time.Millisecond

// lock waits for the lock of id until ctx ends, and reports whether it had to.
func (m *Mirrors) lock(ctx context.Context, id string) (l *lock, waited bool, err error) {
	path := filepath.Join(m.cfg.Dir, id+".lock")
	for ; ; waited = true {
		l, err := tryLock(path)
		if l != nil || err != nil {
			return l, waited, err
		}
		select {
		case <-ctx.Done():
			return nil, true, fmt.Errorf("wait for another fetch of mirror %s: %w", id, context.Cause(ctx))
		case <-time.After(lockInterval):
		}
	}
}

// tryLock returns nil if the lock is taken.
func tryLock(path string) (*lock, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock mirror: %w", err)
	}
	l := &lock{file}
	if err := l.flock(syscall.LOCK_EX | syscall.LOCK_NB); err != nil {
		file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, syscall.EINTR) {
			return nil, nil
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	// Remove may have unlinked the file between open and flock.
	held, err1 := file.Stat()
	named, err2 := os.Stat(path)
	if err1 != nil || err2 != nil || !os.SameFile(held, named) {
		l.release()
		return nil, nil
	}
	return l, nil
}

func (l *lock) flock(how int) error { return syscall.Flock(int(l.file.Fd()), how) }

func (l *lock) release() {
	_ = l.flock(syscall.LOCK_UN) // children may still hold the descriptor
	l.file.Close()
}

func (l *lock) remove() error { return os.Remove(l.file.Name()) }

const (
	suffixNew = ".new" // a mirror in the making
	suffixOld = ".old" // a mirror on its way out
	suspect   = "leat-suspect"
)

// distrust marks a mirror whose objects could not be read: the next fetch
// makes a new one.
func distrust(dir string) {
	file, err := os.Create(filepath.Join(dir, suspect))
	if err == nil { // else the mirror is gone, and will be made anew in any case
		file.Close()
	}
}

func distrusted(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, suspect))
	return err == nil
}

// mend removes the leftovers of a crash. It needs the lock: while it holds the lock, no git
// is at work, and every lock file and temporary pack is stale.
func (m *Mirrors) mend(id string) error {
	dir := m.dir(id)
	if err := errors.Join(os.RemoveAll(dir+suffixNew), os.RemoveAll(dir+suffixOld)); err != nil {
		return err
	}
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case path == dir && errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case entry.IsDir():
			return nil
		}
		name := entry.Name()
		if strings.HasSuffix(name, ".lock") || strings.HasPrefix(name, "tmp_") || strings.HasPrefix(name, ".tmp-") {
			return os.Remove(path)
		}
		return nil
	})
}

// swap puts the new mirror in the old one's place. A crash between the two
// renames leaves no mirror; the next fetch makes one.
func (m *Mirrors) swap(id string) error {
	dir := m.dir(id)
	if err := os.Rename(dir, dir+suffixOld); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("replace mirror %s: %w", id, err)
	}
	if err := os.Rename(dir+suffixNew, dir); err != nil {
		return fmt.Errorf("replace mirror %s: %w", id, err)
	}
	if err := os.RemoveAll(dir + suffixOld); err != nil {
		return fmt.Errorf("remove old mirror %s: %w", id, err)
	}
	return nil
}

// discard removes a mirror and the leftovers beside it.
func (m *Mirrors) discard(id string) error {
	dir := m.dir(id)
	return errors.Join(os.RemoveAll(dir), os.RemoveAll(dir+suffixNew), os.RemoveAll(dir+suffixOld))
}

const (
	maxPacks   = 20  // each fetch adds one, and each slows every lookup
	maxShallow = 200 // lines, which every fetch sends to the remote
)

// maintain keeps a mirror fast after a fetch. It prunes nothing, so a commit that a
// force-push left behind stays readable. A mirror that cannot be maintained serves as it
// is, and the next fetch makes it anew.
func (m *Mirrors) maintain(ctx context.Context, dir string, lock *lock) {
	err := m.repack(ctx, dir, lock)
	if err == nil {
		err = m.trimShallow(ctx, dir)
	}
	if err != nil && ctx.Err() == nil {
		distrust(dir)
	}
}

func (m *Mirrors) repack(ctx context.Context, dir string, lock *lock) error {
	packs, err := filepath.Glob(filepath.Join(dir, "objects/pack/*.pack"))
	if err != nil || len(packs) <= maxPacks {
		return err
	}
	args := []string{"repack", "--quiet", "--geometric=2", "-d", "-n"}
	_, err = m.run(ctx, command{gitDir: dir, args: args, guarded: true, lock: lock.file})
	return err
}

// trimShallow forgets the boundaries of commits that no ref names any more. A boundary
// matters only to a walk through history, and git walks from refs.
func (m *Mirrors) trimShallow(ctx context.Context, dir string) error {
	path := filepath.Join(dir, "shallow")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	lines := strings.Fields(string(text))
	if err != nil || len(lines) <= maxShallow {
		return err
	}
	out, err := m.run(ctx, command{gitDir: dir, args: []string{"for-each-ref", "--format=%(objectname) %(*objectname)"}})
	if err != nil {
		return err
	}
	tips := strings.Fields(string(out))
	lines = slices.DeleteFunc(lines, func(oid string) bool { return !slices.Contains(tips, oid) })
	if err := os.WriteFile(path+".lock", []byte(strings.Join(append(lines, ""), "\n")), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".lock", path)
}
