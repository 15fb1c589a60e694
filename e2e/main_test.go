//go:build linux

package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/leatworks/leat/internal/race"
)

// binaries is the directory of leat and the five workers, built once.
var binaries string

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run builds the binaries, unless LEAT_TEST_BINARIES names a directory of them. It leaves
// the end of the shared servers to testenv's watcher, because testenv.Main would exit
// before the binaries are removed.
func run(m *testing.M) int {
	if binaries = os.Getenv("LEAT_TEST_BINARIES"); binaries != "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "leat-e2e-")
	if err == nil {
		defer os.RemoveAll(dir)
		err = build(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	binaries = dir
	return m.Run()
}

// build uses the race detector if the tests do, because the compiled packages
// are then in the cache.
func build(dir string) error {
	args := []string{"build", "-ldflags=-s -w", "-o", dir + string(filepath.Separator)}
	if race.On {
		args = append(args, "-race")
	}
	cmd := exec.Command("go", append(args, "./cmd/...")...)
	cmd.Dir = ".."
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the binaries: %w\n%s", err, out)
	}
	return nil
}
