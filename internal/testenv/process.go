package testenv

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// process is a server that can be killed and started again over its directory, until the
// test ends.
type process struct {
	t      testing.TB
	title  string // such as node a
	health string // URL that answers 200 once the server is ready
	log    string // file
	cmd    *exec.Cmd
	ended  chan struct{}
}

// run starts the server.
func (p *process) run(cmd *exec.Cmd) {
	p.t.Helper()
	if err := cmd.Start(); err != nil {
		p.t.Fatalf("testenv: start %s: %v", p.title, err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	p.cmd, p.ended = cmd, ended
	p.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
}

// Kill ends the server at once, as the loss of its machine would.
func (p *process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// Stop asks the server to end, as a process manager does.
func (p *process) Stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	<-p.ended
}

// Await waits until the server says that it is ready. A node of a cluster is ready once it has all
// that the cluster has agreed on.
func (p *process) Await() {
	p.t.Helper()
	for deadline := time.Now().Add(startLimit); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if resp, err := http.Get(p.health); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-p.ended:
			p.t.Fatalf("testenv: %s has ended:\n%s", p.title, p.said())
		default:
		}
	}
	p.t.Fatalf("testenv: %s is not healthy after %s:\n%s", p.title, startLimit, p.said())
}

// said returns the end of the server's log.
func (p *process) said() []byte {
	log, _ := os.ReadFile(p.log)
	return log[max(0, len(log)-8<<10):]
}

// portOf returns the port of an address.
func portOf(address string) string {
	_, port, _ := net.SplitHostPort(address) // FreeAddress wrote it
	return port
}
