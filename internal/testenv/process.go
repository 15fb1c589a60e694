package testenv

import (
	"cmp"
	"fmt"
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
	t     testing.TB
	title string       // such as node a
	ready func() error // returns nil once the server is ready
	log   string       // file
	cmd   *exec.Cmd
	ended chan struct{}
}

// runLogged is run for a server that writes its log to its output.
func (p *process) runLogged(cmd *exec.Cmd) {
	p.t.Helper()
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		p.t.Fatalf("testenv: %v", err)
	}
	defer log.Close() // the process has its own descriptor
	cmd.Stdout, cmd.Stderr = log, log
	p.run(cmd)
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

// interrupt asks the server to end with all of its children, and waits until it has. It shows the
// log of a test that has failed.
func (p *process) interrupt() {
	_ = p.cmd.Process.Signal(syscall.SIGINT)
	select {
	case <-p.ended:
	case <-time.After(startLimit): // run kills it
	}
	if p.t.Failed() {
		p.t.Logf("%s:\n%s", p.title, p.said())
	}
}

// Await waits until the server says that it is ready. A node of a cluster is ready once it has all
// that the cluster has agreed on.
func (p *process) Await() {
	p.t.Helper()
	var err error
	for deadline := time.Now().Add(startLimit); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if err = p.ready(); err == nil {
			return
		}
		select {
		case <-p.ended:
			p.t.Fatalf("testenv: %s has ended:\n%s", p.title, p.said())
		default:
		}
	}
	p.t.Fatalf("testenv: %s is not ready after %s: %v\n%s", p.title, startLimit, err, p.said())
}

// healthy returns nil once a URL answers 200.
func healthy(url string) func() error {
	return func() error {
		resp, err := http.Get(url)
		if err != nil {
			return err
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %s", url, resp.Status)
		}
		return nil
	}
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

// installed returns the program that a variable names, or the one of a name on the path. It skips the
// test if there is none.
func installed(t testing.TB, variable, name string) string {
	t.Helper()
	found, err := exec.LookPath(cmp.Or(os.Getenv(variable), name))
	if err != nil {
		t.Skipf("no %s on this machine", name)
	}
	return found
}
