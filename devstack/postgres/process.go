package postgres

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// How many of a process's last lines an error quotes, and how much of each line.
const (
	tailLines    = 12
	maxLineBytes = 4096
)

// A process is a child that dies with its parent.
type process struct {
	cmd    *exec.Cmd
	tail   *tail
	exited chan struct{}
	err    error // valid once exited is closed
}

// spawn starts cmd as owner, in a process group of its own. So a Ctrl-C at the terminal reaches only the parent, which
// stops its children in order.
func spawn(cmd *exec.Cmd, owner *owner, death syscall.Signal, log *slog.Logger) (*process, error) {
	cmd.Dir = "/" // owner may not be able to read this process's own
	cmd.Env = childEnv()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: owner.credential()}
	cmd.WaitDelay = time.Second // a grandchild may keep the pipes open a little longer
	setDeathSignal(cmd.SysProcAttr, death)

	p := &process{cmd: cmd, tail: newTail(log), exited: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = p.tail, p.tail
	started := make(chan error, 1)
	go func() {
		// Linux sends the death signal when the thread that forked ends, not the process. This thread lives as long as
		// the child.
		runtime.LockOSThread()
		err := cmd.Start()
		for _, f := range cmd.ExtraFiles {
			f.Close() // the child has its own
		}
		started <- err
		if err != nil {
			return
		}
		p.err = cmd.Wait()
		p.tail.flush()
		close(p.exited)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("run %s: %w", cmd.Path, err)
	}
	return p, nil
}

// run runs cmd to its end, or kills it and its children when ctx ends.
func run(ctx context.Context, cmd *exec.Cmd, owner *owner, log *slog.Logger) error {
	p, err := spawn(cmd, owner, syscall.SIGKILL, log)
	if err != nil {
		return err
	}
	select {
	case <-p.exited:
	case <-ctx.Done():
		p.kill()
		return ctx.Err()
	}
	if p.err != nil {
		return p.failure(cmd.Path)
	}
	return nil
}

func (p *process) signal(sig syscall.Signal) {
	_ = p.cmd.Process.Signal(sig) // the only error says that it is gone
}

// kill ends the process and its group and waits for the process.
func (p *process) kill() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.exited
}

// wait reports whether the process ended within d.
func (p *process) wait(d time.Duration) bool {
	select {
	case <-p.exited:
		return true
	case <-time.After(d):
		return false
	}
}

// failure describes how a process ended, and quotes its last lines.
func (p *process) failure(name string) error {
	state := "ended"
	if p.err != nil {
		state = p.err.Error()
	}
	if words := p.tail.String(); words != "" {
		return fmt.Errorf("%s: %s: %s", name, state, words)
	}
	return fmt.Errorf("%s: %s", name, state)
}

// childEnv returns the part of the environment that children see. The other variables may hold secrets that children do
// not need, or be PG* variables that would change their behaviour.
func childEnv() []string {
	env := []string{"TZ=UTC", "LC_ALL=C"}
	for _, name := range []string{"PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// tail logs the lines that are written to it, and keeps the last ones.
type tail struct {
	log   *slog.Logger
	mu    sync.Mutex
	part  []byte
	lines []string
}

func newTail(log *slog.Logger) *tail { return &tail{log: log} }

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for chunk := range strings.Lines(string(b)) {
		if room := maxLineBytes - len(t.part); room > 0 {
			t.part = append(t.part, chunk[:min(room, len(chunk))]...)
		}
		if strings.HasSuffix(chunk, "\n") {
			t.emit()
		}
	}
	return len(b), nil
}

func (t *tail) flush() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.emit()
}

func (t *tail) emit() {
	line := strings.TrimSpace(string(t.part))
	t.part = t.part[:0]
	if line == "" {
		return
	}
	t.log.Debug(line)
	t.lines = append(t.lines, line)
	if len(t.lines) > tailLines {
		t.lines = t.lines[1:]
	}
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.lines, "; ")
}
