package testenv

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/devstack/postgres"
	"github.com/leatworks/leat/devstack/s3"
	"github.com/leatworks/leat/pipeline/chunk/child"
	"github.com/leatworks/leat/pipeline/git/reach"
)

// Main runs the tests, ends the servers that they shared, and exits. If this
// process was started to parse for them, or to connect for ssh, it does only that.
func Main(m *testing.M) {
	child.Main()
	reach.Main()
	code := m.Run()
	if err := shared.close(); err != nil {
		fmt.Fprintln(os.Stderr, "testenv:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// Stack returns the addresses of all four servers, as the functions of this
// package give them.
func Stack(t testing.TB) devstack.Endpoints {
	t.Helper()
	bucket := S3(t)
	e := devstack.Endpoints{
		NATS:        NATS(t),
		Postgres:    Catalog(t),
		S3:          bucket.URL,
		S3AccessKey: bucket.AccessKey,
		S3SecretKey: bucket.SecretKey,
		Qdrant:      Qdrant(t),
	}
	if qdrantGiven() {
		t.Cleanup(func() {
			if err := dropIndex(e); err != nil {
				t.Errorf("testenv: %v", err)
			}
		})
	}
	return e
}

// shared holds the servers that the tests of this process share.
var shared state

type state struct {
	mu       sync.Mutex
	root     string
	reaper   *exec.Cmd
	leash    io.Closer // when this process or the kernel closes it, the reaper goes to work
	postgres *postgres.Server
	catalogs catalogs
	s3       *s3.Server
}

// reap waits for the end of its input, which comes when the test process ends, however it ends.
// Then it ends the servers that still run below the directory and removes the directory, and the
// socket of a Postgres that is elsewhere because the path is long. A dying server may still add
// files, so it tries several times.
const reap = `read _
for f in "$1"/*/data/postmaster.pid; do
	[ -f "$f" ] && kill -QUIT "$(head -n 1 "$f")" 2>/dev/null
done
for f in "$1"/*/nats.pid; do
	[ -f "$f" ] && kill -KILL "$(cat "$f")" 2>/dev/null
done
for i in 1 2 3 4 5 6 7 8 9 10; do
	for f in "$1"/*/run; do
		[ -L "$f" ] && rm -rf "$(readlink "$f")"
	done
	rm -rf "$1" 2>/dev/null && exit
	sleep 0.2
done`

// dir returns the directory of all files of this process's tests. It is removed
// when the process ends. The caller holds mu.
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
	var errs []error
	if given := postgresGiven(); given != "" {
		errs = append(errs, s.catalogs.close(given))
	}
	if s.postgres != nil {
		errs = append(errs, s.postgres.Close())
	}
	if s.s3 != nil {
		errs = append(errs, s.s3.Close())
	}
	if s.leash != nil {
		s.leash.Close()
		_ = s.reaper.Wait() // its error says only whether there was a process to kill
	}
	return errors.Join(errs...)
}

// tempDir returns a directory that is removed when the test ends, even if the
// process is killed first.
func tempDir(t testing.TB) string {
	t.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	root, err := shared.dir()
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	dir, err := os.MkdirTemp(root, "")
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
