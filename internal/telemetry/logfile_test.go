package telemetry

import (
	"os"
	"path/filepath"
	"testing"
)

// A disk without room for a new file stops the log only until there is room again.
func TestALogThatCannotBeRotatedGoesOnLater(t *testing.T) {
	dir, gone := t.TempDir(), filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(gone, 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := OpenLogFile(gone, "leat.log", 10, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	write := func() error {
		_, err := l.Write([]byte("12345678\n"))
		return err
	}
	if err := write(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(gone); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a missing directory accepts no file, like a full disk
		if err := write(); err == nil {
			t.Fatal("a line is written to a file that cannot be made")
		}
	}
	room, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	before := l.root
	l.root = room
	if err := before.Close(); err != nil {
		t.Fatal(err)
	}
	if err := write(); err != nil {
		t.Errorf("with room again, the log does not go on: %v", err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "leat.log")); err != nil || string(text) != "12345678\n" {
		t.Errorf("it holds %q, %v", text, err)
	}
}
