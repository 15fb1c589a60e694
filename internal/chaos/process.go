//go:build linux

package chaos

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a child that is killed and started again. It dies with the
// harness.
type process struct {
	name    string
	log     string // file that takes what it says, run after run
	command func() *exec.Cmd

	mu   sync.Mutex
	pid  int
	done chan struct{} // closed when the run is over
	err  error         // of the run; valid once done is closed
	from int64         // where the run's part of the log begins
}

// start begins a run. What the command writes to standard output goes to the
// log too, unless it has been given another place.
func (p *process) start() error {
	file, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	cmd := p.command()
	cmd.Stderr = file
	if cmd.Stdout == nil {
		cmd.Stdout = file
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	done := make(chan struct{})
	started := make(chan error, 1)
	go func() {
		// Pdeathsig is sent when the thread that forked ends, so this one stays.
		runtime.LockOSThread()
		err := cmd.Start()
		if err == nil {
			p.mu.Lock()
			p.pid, p.done, p.err, p.from = cmd.Process.Pid, done, nil, info.Size()
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
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	return nil
}

// signal sends sig if the process runs.
func (p *process) signal(sig syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pid != 0 {
		_ = syscall.Kill(p.pid, sig)
	}
}

// kill ends the run at once. Its children are left to themselves, as the
// kernel's own killer leaves them.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	if done := p.over(); done != nil {
		<-done
	}
}

// end asks the process to end, and says how that went.
func (p *process) end(patience time.Duration) error {
	done := p.over()
	if done == nil {
		return nil
	}
	p.signal(syscall.SIGCONT)
	p.signal(syscall.SIGTERM)
	select {
	case <-done:
	case <-time.After(patience):
		p.signal(syscall.SIGQUIT) // its goroutines go to the log
		select {
		case <-done:
		case <-time.After(5 * time.Second):
			p.kill()
		}
		return fmt.Errorf("%s did not end within %s of SIGTERM", p.name, patience)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return fmt.Errorf("%s: %w", p.name, p.err)
	}
	return nil
}

// awaitWord waits until the run has said something: before that it may not have
// come to handling signals.
func (p *process) awaitWord(patience time.Duration) {
	done := p.over()
	p.mu.Lock()
	from := p.from
	p.mu.Unlock()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if info, err := os.Stat(p.log); err != nil || info.Size() > from {
			return
		}
		select {
		case <-done:
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (p *process) over() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.done
}

func (p *process) result() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// lastWords are the last lines of the log.
func (p *process) lastWords() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-3):], "\n")
}

// descendants lists the processes that name something in dir among their
// arguments or work inside it, but for this one.
func descendants(dir string) []string {
	var found []string
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		arguments, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		cwd, _ := os.Readlink(filepath.Join("/proc", e.Name(), "cwd"))
		line := strings.TrimSpace(strings.ReplaceAll(string(arguments), "\x00", " "))
		if strings.HasPrefix(cwd+"/", dir+"/") || strings.Contains(line, dir+"/") {
			found = append(found, fmt.Sprintf("%d %.120s", pid, line))
		}
	}
	return found
}
