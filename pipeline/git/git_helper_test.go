package git

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func readFile(t testing.TB, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func replaceInFile(t testing.TB, path, old, new string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(readFile(t, path), old, new)), 0o700); err != nil {
		t.Fatal(err)
	}
}

// randomText returns n bytes that do not compress. The n-th call of a test always
// returns the same bytes.
func randomText(n int) string {
	content := make([]byte, n)
	for i := range content {
		content[i] = byte(random.Uint32())
	}
	return string(content)
}

var random = rand.New(rand.NewPCG(1, 2))

// shimGit puts a git first in PATH that logs its arguments, one line for each run. It
// returns the log's path.
func shimGit(t testing.TB) string {
	t.Helper()
	real, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	log := filepath.Join(dir, "log")
	script := fmt.Sprintf("#!/bin/sh\necho \"$*\" >> '%s'\nexec '%s' \"$@\"\n", log, real)
	if err := os.WriteFile(filepath.Join(dir, "git"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return log
}

// fakeSSH is an ssh that runs body; $last is the remote command.
func fakeSSH(t testing.TB, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ssh")
	script := "#!/bin/sh\nfor last; do :; done\n" + body + "\n"
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}
