package testenv

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
)

// Main runs the tests, ends the servers they shared, and exits.
func Main(m *testing.M) {
	code := m.Run()
	if err := shared.close(); err != nil {
		fmt.Fprintln(os.Stderr, "testenv:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// shared is what the tests of this process have in common.
var shared state

type state struct {
	mu       sync.Mutex
	root     string
	reaper   *exec.Cmd
	leash    io.Closer // closed, by us or by the kernel, the reaper goes to work
	postgres sharedPostgres
}

// reap waits for the end of its input, which is the end of the test process
// however it came about. Then it ends the servers that still run below the
// directory and removes it. A dying server may still add files, hence the
// second and third try.
const reap = `read _
for f in "$1"/*/data/postmaster.pid; do
	[ -f "$f" ] && kill -QUIT "$(head -n 1 "$f")" 2>/dev/null
done
for i in 1 2 3 4 5 6 7 8 9 10; do
	rm -rf "$1" 2>/dev/null && exit
	sleep 0.2
done`

// dir returns the directory of everything the tests of this process leave on
// disk, which is removed when the process ends.
func (s *state) dir() (string, error) {
	if s.root != "" {
		return s.root, nil
	}
	root, err := os.MkdirTemp("", "leat-test-")
	if err != nil {
		return "", err
	}
	cmd := exec.Command("/bin/sh", "-c", reap, "leat-test-reaper", root)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C must not reach it
	leash, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		os.RemoveAll(root)
		return "", fmt.Errorf("start the reaper: %w", err)
	}
	s.root, s.reaper, s.leash = root, cmd, leash
	return root, nil
}

// close ends the shared servers and removes their files.
func (s *state) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.root == "" {
		return nil
	}
	err := s.postgres.close()
	s.leash.Close()
	_ = s.reaper.Wait() // says only whether the directory was there
	s.root = ""
	return err
}
