//go:build linux

package stack

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Process is a child that can be ended and started again. It dies with this
// process.
type Process struct {
	Name    string
	Log     string // file that takes the output, run after run
	Command func() *exec.Cmd

	mu   sync.Mutex
	pid  int
	from int64         // where the run's part of the log begins
	done chan struct{} // closed when the run is over
	err  error         // of the run; valid once done is closed
}

// Start begins a run. The log takes the command's standard output too, unless the command has
// another place for it.
func (p *Process) Start() error {
	file, err := os.OpenFile(p.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	cmd := p.Command()
	cmd.Stderr = file
	if cmd.Stdout == nil {
		cmd.Stdout = file
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error, 1)
	go p.run(cmd, info.Size(), started)
	if err := <-started; err != nil {
		return fmt.Errorf("start %s: %w", p.Name, err)
	}
	return nil
}

func (p *Process) run(cmd *exec.Cmd, from int64, started chan<- error) {
	// Pdeathsig is sent when the thread that forked ends, so this thread must stay.
	runtime.LockOSThread()
	err := cmd.Start()
	done := make(chan struct{})
	if err == nil {
		p.mu.Lock()
		p.pid, p.done, p.err, p.from = cmd.Process.Pid, done, nil, from
		p.mu.Unlock()
	}
	started <- err
	if err != nil {
		return
	}
	err = cmd.Wait()
	p.mu.Lock()
	p.pid, p.err = 0, err
	p.mu.Unlock()
	close(done)
}

// PID returns the process' id, 0 if it does not run.
func (p *Process) PID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pid
}

// Signal sends sig if the process runs.
func (p *Process) Signal(sig syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pid != 0 {
		_ = syscall.Kill(p.pid, sig)
	}
}

// Kill ends the run at once. Its children run on, as they do after a kill by
// the kernel.
func (p *Process) Kill() {
	p.Signal(syscall.SIGKILL)
	if done := p.Over(); done != nil {
		<-done
	}
}

// End asks the process to end, and returns how it ended.
func (p *Process) End(patience time.Duration) error {
	done := p.Over()
	if done == nil {
		return nil
	}
	p.Signal(syscall.SIGCONT)
	p.Signal(syscall.SIGTERM)
	select {
	case <-done:
	case <-time.After(patience):
		p.Signal(syscall.SIGQUIT) // its goroutines go to the log
		select {
		case <-done:
		case <-time.After(5 * time.Second):
			p.Kill()
		}
		return fmt.Errorf("%s did not end within %s of SIGTERM", p.Name, patience)
	}
	if err := p.Err(); err != nil {
		return fmt.Errorf("%s: %w", p.Name, err)
	}
	return nil
}

// AwaitWord waits until the run has written its first output. Before that it may not handle signals
// yet.
func (p *Process) AwaitWord(patience time.Duration) {
	done := p.Over()
	p.mu.Lock()
	from := p.from
	p.mu.Unlock()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if info, err := os.Stat(p.Log); err != nil || info.Size() > from {
			return
		}
		select {
		case <-done:
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Over returns a channel that is closed when the last run has ended, or nil if
// there was none.
func (p *Process) Over() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.done
}

// Err returns how the last run ended.
func (p *Process) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// LastWords returns the last lines of the log.
func (p *Process) LastWords() string {
	text, err := os.ReadFile(p.Log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-3):], "\n")
}
