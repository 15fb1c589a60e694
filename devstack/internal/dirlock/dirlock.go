// Package dirlock gives a directory one owner at a time. The lock is the kernel's (flock), so it ends with the process
// that holds it, however that process ends.
package dirlock

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ErrLocked says that another process, or another part of this one, owns the directory.
var ErrLocked = errors.New("in use")

// Lock is a lock that is held until Close or the end of the process.
type Lock struct{ file *os.File }

// held keeps the files of held locks reachable. A file that is collected as garbage is closed, which would release its
// lock.
var held sync.Map // of *os.File

// How long Acquire waits for a lock that is held. Holder holds a lock for a moment, and a child between fork and exec
// holds its parent's lock. On a busy machine such a moment may last for seconds. Then the owner that the file names has
// ended.
const (
	patience     = 200 * time.Millisecond
	longPatience = 20 * time.Second
)

// Acquire takes the lock at path and writes the process id into the file. It makes the file if there is none. If
// someone else holds the lock, it returns ErrLocked.
func Acquire(path string) (*Lock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	if err := lock(f); err != nil {
		defer f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w by process %d", ErrLocked, holder(f))
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if err := errors.Join(f.Truncate(0), writePID(f)); err != nil {
		f.Close()
		return nil, fmt.Errorf("write lock %s: %w", path, err)
	}
	held.Store(f, nil)
	return &Lock{f}, nil
}

// Holder returns the id of the process that holds the lock at path, or 0 if nobody holds it. It makes no file.
func Holder(path string) (int, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("open lock: %w", err)
	}
	defer f.Close()
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return holder(f), nil
	}
	if err != nil {
		return 0, fmt.Errorf("test lock %s: %w", path, err)
	}
	return 0, nil
}

// Close releases the lock, but keeps the file. If the file were removed, two owners could hold locks on two files with
// the same name.
func (l *Lock) Close() error {
	held.Delete(l.file)
	return l.file.Close()
}

func lock(f *os.File) error {
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil || !errors.Is(err, syscall.EWOULDBLOCK) {
			return err
		}
		if waited := time.Since(began); waited > longPatience || waited > patience && lives(holder(f)) {
			return err
		}
	}
}

// lives says whether there is a process with an id.
func lives(pid int) bool { return pid > 0 && !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

func writePID(f *os.File) error {
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// holder returns the process id in the file, or -1 if the file holds none.
func holder(f *os.File) int {
	var buf [32]byte
	n, _ := f.ReadAt(buf[:], 0) // the bytes read are checked below
	pid, err := strconv.Atoi(strings.TrimSpace(string(buf[:n])))
	if err != nil {
		return -1
	}
	return pid
}
