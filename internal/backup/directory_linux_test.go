package backup_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/leatworks/leat/internal/backup"
)

// A target without room fails the backup and holds no backup that looks whole. It takes the rest
// once there is room.
func TestATargetThatIsFull(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skip("no tmpfs can be mounted: ", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	p, _ := world(t)
	target, err := backup.OpenDirectory(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	v := backup.NewVault(target, backup.Crypt{}, silent)
	if _, err := v.Create(t.Context(), leatOf(p), backup.Request{Target: "test"}); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("%v, want that the target is full", err)
	}
	list, err := v.List(t.Context())
	if err != nil || len(list) != 1 || !list[0].Partial {
		t.Errorf("%+v, %v, want a half one", list, err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=16m"); err != nil {
		t.Fatal(err)
	}
	made := create(t, v, p)
	if report, found := verify(t, v, made.ID); !report.OK {
		t.Errorf("%+v: %v", report, found)
	}
	err = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if strings.HasPrefix(filepath.Base(path), ".leat-") {
			t.Errorf("%s is left", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// A read-only target fails the backup at once.
func TestATargetThatIsReadOnly(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_RDONLY, ""); err != nil {
		t.Skip("no tmpfs can be mounted: ", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	p, _ := world(t)
	target, err := backup.OpenDirectory(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	_, err = backup.NewVault(target, backup.Crypt{}, silent).Create(t.Context(), leatOf(p), backup.Request{Target: "test"})
	if !errors.Is(err, syscall.EROFS) {
		t.Errorf("%v, want that the target is read-only", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "backups")); err == nil {
		t.Error("something was written")
	}
}
