package file_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/leatworks/leat/internal/file"
)

func TestReplace(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "a")
	for _, content := range []string{"one", "", "three"} {
		for _, mode := range []os.FileMode{0o600, 0o644} {
			if err := file.Replace(name, []byte(content), mode); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(name)
			info, statErr := os.Stat(name)
			if err != nil || statErr != nil || string(got) != content || info.Mode().Perm() != mode {
				t.Errorf("%q of mode %v, %v, %v; want %q of mode %v", got, info.Mode(), err, statErr, content, mode)
			}
		}
	}
	if err := file.Replace(filepath.Join(dir, "nosuch", "a"), nil, 0o600); err == nil {
		t.Error("a file is written into a directory that is not there")
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("%v is left, %v", left, err)
	}
}

func TestSync(t *testing.T) {
	dir := t.TempDir()
	if err := file.Replace(filepath.Join(dir, "a"), []byte("one"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{dir, filepath.Join(dir, "a")} {
		if err := file.Sync(name); err != nil {
			t.Error(err)
		}
	}
	if err := file.Sync(filepath.Join(dir, "nosuch")); err == nil {
		t.Error("a file that is not there is synced")
	}
}
