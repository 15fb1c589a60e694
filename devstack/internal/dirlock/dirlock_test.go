package dirlock_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/leatworks/leat/devstack/internal/dirlock"
)

func TestOneHolderAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	holder := func() int {
		t.Helper()
		pid, err := dirlock.Holder(path)
		if err != nil {
			t.Fatal(err)
		}
		return pid
	}
	if pid := holder(); pid != 0 {
		t.Errorf("a lock that is not there is held by %d", pid)
	}
	l, err := dirlock.Acquire(path)
	if err != nil {
		t.Fatal(err)
	}
	if pid := holder(); pid != os.Getpid() {
		t.Errorf("held by %d, want %d", pid, os.Getpid())
	}
	_, err = dirlock.Acquire(path)
	if !errors.Is(err, dirlock.ErrLocked) || !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
		t.Errorf("second holder: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if pid := holder(); pid != 0 {
		t.Errorf("a released lock is held by %d", pid)
	}
	l, err = dirlock.Acquire(path)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}

// A process that looks for the holder has the lock for a moment. On a busy machine the moment is long.
func TestAnOwnerThatEndedIsNoOwner(t *testing.T) {
	owner := exec.Command(os.Args[0], "-test.run=^$")
	if err := owner.Run(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "lock")
	if err := os.WriteFile(path, []byte(strconv.Itoa(owner.Process.Pid)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	looks, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(looks.Fd()), syscall.LOCK_SH); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(time.Second, func() { looks.Close() })
	l, err := dirlock.Acquire(path)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}

// TestALockOutlivesItsReference is for owners that keep no reference, because they never release the lock.
func TestALockOutlivesItsReference(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	if _, err := dirlock.Acquire(path); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		runtime.GC()
	}
	if pid, err := dirlock.Holder(path); err != nil || pid != os.Getpid() {
		t.Errorf("held by %d (%v), want %d", pid, err, os.Getpid())
	}
}

func TestAcquireFollowsNoLink(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "lock")
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	if l, err := dirlock.Acquire(link); err == nil {
		l.Close()
		t.Error("followed a link")
	}
}
