//go:build linux

package e2e_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/testenv"
)

// patience bounds every wait. It is much longer than a loaded machine needs.
const patience = 2 * time.Minute

// process is a running binary of leat's.
type process struct {
	t    testing.TB
	name string
	cmd  *exec.Cmd
	log  output
	done chan struct{} // closed when it has ended
	err  error         // the run's error; valid once done is closed
}

// start runs a binary with an environment of its own. At the end of the test it kills
// the process if it still runs, and shows its output if the test failed.
func start(t testing.TB, env []string, name string, args ...string) *process {
	t.Helper()
	return startOf(t, binaries, env, name, args...)
}

// startOf does what start does, with a binary of another build.
func startOf(t testing.TB, build string, env []string, name string, args ...string) *process {
	t.Helper()
	p := &process{t: t, name: name, done: make(chan struct{})}
	p.cmd = exec.Command(filepath.Join(build, name), args...)
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "GORACE=halt_on_error=1 exitcode=66 atexit_sleep_ms=50"}, env...)
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C is the tests' to handle
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%s said:\n%s", name, p.log.tail(20<<10))
		}
	})
	return p
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatalf("signal %s: %v", p.name, err)
	}
}

// kill ends the process at once if it runs.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// exits waits for the end of the process and compares the exit code.
func (p *process) exits(code int) {
	p.t.Helper()
	if got := p.wait(); got != code {
		p.t.Errorf("%s exits with %d, want %d\n%s", p.name, got, code, p.log.tail(4<<10))
	}
}

// wait waits for the end of the process and returns its exit code.
func (p *process) wait() (code int) {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(patience):
		p.t.Fatalf("%s still runs after %s", p.name, patience)
	}
	var exit *exec.ExitError
	if p.err != nil && !errors.As(p.err, &exit) {
		p.t.Fatalf("%s: %v", p.name, p.err)
	}
	return p.cmd.ProcessState.ExitCode()
}

// stop ends the process as a process manager does.
func (p *process) stop() {
	p.t.Helper()
	p.signal(syscall.SIGTERM)
	p.exits(0)
}

// says waits until the output matches a pattern n times, and returns the first match
// with its groups.
func (p *process) says(pattern string, n int) []string {
	p.t.Helper()
	re := regexp.MustCompile(pattern)
	var found [][]string
	await(p.t, p.name+" says "+pattern, func() bool {
		found = re.FindAllStringSubmatch(p.log.String(), -1)
		return len(found) >= n || p.ended()
	})
	if len(found) < n {
		p.t.Fatalf("%s ended and never said %s", p.name, pattern)
	}
	return found[0]
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// ready waits until the process is ready.
func (p *process) ready() { p.t.Helper(); p.says(`msg=ready`, 1) }

// health sends a request to one of the health checks.
func (p *process) health(path string) (status int, body string) {
	p.t.Helper()
	address := p.says(`msg=starting .*health=(\S+)`, 1)[1]
	resp, err := http.Get("http://" + address + path)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(content)
}

// await polls a condition that no signal announces.
func await(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

// output keeps the output of a process.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

func (o *output) tail(most int) string {
	s := o.String()
	return s[max(0, len(s)-most):]
}

// home returns a new data directory for leat dev.
func home(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := testenv.Home(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}
