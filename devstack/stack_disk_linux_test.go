package devstack_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/leatworks/leat/devstack"
)

// TestFullDisk starts on a disk without any room, and on a disk with too little room for a cluster.
func TestFullDisk(t *testing.T) {
	for name, c := range map[string]struct {
		size, filled int
		want         string
	}{
		"full":       {64 << 10, 64 << 10, "its disk is full"},
		"too little": {8 << 20, 0, "No space left on device"},
	} {
		t.Run(name, func(t *testing.T) {
			disk := mount(t, c.size)
			if c.filled > 0 {
				writeFile(t, filepath.Join(disk, "filler"), strings.Repeat("x", c.filled))
			}
			dir := filepath.Join(disk, "data")
			s, err := devstack.Start(t.Context(), devstack.Config{Dir: dir, Parts: devstack.Postgres})
			if err == nil {
				closeStack(t, s)
				t.Fatal("started on a full disk")
			}
			if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("error %q does not say %q of %s", err, c.want, dir)
			}
			noProcessIn(t, dir)
			if left, err := filepath.Glob(filepath.Join(dir, "postgres", "data*")); err != nil || len(left) != 0 {
				t.Errorf("left of the attempt: %v (%v)", left, err)
			}
		})
	}
}

// mount returns a disk of size bytes.
func mount(t *testing.T, size int) string {
	t.Helper()
	dir := t.TempDir()
	data := "mode=0700,size=" + strconv.Itoa(size)
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, data); err != nil {
		t.Skipf("mounting needs more rights: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestUnwritableDirectory runs only as a user who is bound by permissions.
func TestUnwritableDirectory(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	_, err := devstack.Start(t.Context(), devstack.Config{Dir: dir, Parts: devstack.NATS})
	if err == nil || !strings.Contains(err.Error(), "may not write") {
		t.Errorf("error %v", err)
	}
}
