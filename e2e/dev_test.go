//go:build linux

package e2e_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// However `leat dev` ends in the middle of an ingest, it leaves no process behind,
// and the next one takes up the work.
func TestDevLeavesNothingBehind(t *testing.T) {
	for name, end := range map[string]struct {
		signal os.Signal
		code   int
	}{
		"Ctrl-C":  {os.Interrupt, 2},
		"SIGTERM": {syscall.SIGTERM, 2},
		"kill -9": {syscall.SIGKILL, -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := 500
			for !endDev(t, files, end.signal, end.code) {
				if files *= 2; files > 4000 {
					t.Fatal("each ingest ends before this process can end it: use more files")
				}
			}
		})
	}
}

// endDev ends a `leat dev` that ingests so many files. It says whether that was in the middle of it:
// one that has done its work exits with 0.
func endDev(t *testing.T, files int, signal os.Signal, code int) bool {
	t.Helper()
	repo := newRepo(t, files)
	data := filepath.Join(t.TempDir(), "data")
	env := []string{"LEAT_DATA=" + data, "LEAT_FAST=true"}
	p := start(t, env, "leat", "dev", "--submit", repo, "--log-level", "debug")
	p.says(`read [1-9]|msg=listed`, 1)
	if processes(data) == nil {
		t.Error("no process works in the data directory: nothing is tested here")
	}
	p.signal(signal)
	got := p.wait()
	await(t, "no process is left", func() bool { return processes(data) == nil })
	if got == 0 {
		return false
	}
	if got != code {
		t.Errorf("it exits with %d, want %d\n%s", got, code, p.log.tail(4<<10))
	}

	leat(t, env, 0, "dev", "--once", "--submit", repo)
	if doc := leat(t, env, 0, "verify"); doc["ok"] != true || number(t, doc, "documents") != files {
		t.Errorf("verify says %v", doc)
	}
	if left := processes(data); left != nil {
		t.Errorf("left behind: %s", left)
	}
	return true
}

// processes lists the processes that work below dir, or name it.
func processes(dir string) (found []string) {
	procs, _ := filepath.Glob("/proc/[0-9]*")
	for _, proc := range procs {
		cwd, _ := os.Readlink(filepath.Join(proc, "cwd"))
		line, _ := os.ReadFile(filepath.Join(proc, "cmdline"))
		if cwd == dir || strings.HasPrefix(cwd, dir+"/") || bytes.Contains(line, []byte(dir)) {
			found = append(found, fmt.Sprintf("%s: %s (in %s)", proc, bytes.ReplaceAll(line, []byte{0}, []byte{' '}), cwd))
		}
	}
	return found
}
