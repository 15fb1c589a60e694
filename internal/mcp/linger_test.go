package mcp

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/service"
)

// telling is a service whose search writes to standard error that it has begun, and goes on until
// its context ends.
type telling struct{ stating }

func (telling) Search(ctx context.Context, _ service.SearchRequest) (service.SearchAnswer, error) {
	fmt.Fprintln(os.Stderr, "began")
	<-ctx.Done()
	return service.SearchAnswer{}, ctx.Err()
}

const greeting = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}
{"jsonrpc":"2.0","method":"notifications/initialized"}
`

// started starts the test binary as a server of tools.
func started(t *testing.T) (in io.WriteCloser, out, errors io.ReadCloser, ended <-chan error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(stop)
	c := exec.CommandContext(ctx, self)
	c.Env = append(os.Environ(), serveVariable+"=1")
	pipe := func(open func() (io.ReadCloser, error)) io.ReadCloser {
		r, err := open()
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	out, errors = pipe(c.StdoutPipe), pipe(c.StderrPipe)
	if in, err = c.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := c.Process.Wait()
		done <- err
	}()
	t.Cleanup(func() { _ = c.Process.Kill() })
	return in, out, errors, done
}

// A server ends when the agent that started it dies, even in the middle of a call. If the agent has
// only sent its last request, the server first sends its answers.
func TestAServerEndsWithItsAgent(t *testing.T) {
	for _, test := range []struct {
		name, last string
		dies       bool
	}{
		{"an agent that dies in a call", `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"search","arguments":{"query":"x"}}}`, true},
		{"an agent that has said its last", `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"status","arguments":{}}}`, false},
		{"an agent that took its last back", `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"search","arguments":{"query":"x"}}}
{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}}`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in, out, said, ended := started(t)
			if _, err := io.WriteString(in, greeting+test.last+"\n"); err != nil {
				t.Fatal(err)
			}
			if test.dies {
				if line, err := bufio.NewReader(said).ReadString('\n'); line != "began\n" {
					t.Fatalf("%q, %v", line, err)
				}
				_ = out.Close()
			}
			_ = in.Close()
			if !test.dies {
				text, err := io.ReadAll(out)
				if err != nil || !strings.Contains(string(text), `"id":1`) || strings.Contains(test.last, "status") && !strings.Contains(string(text), "forge.test/acme/mill") {
					t.Errorf("%s, %v", text, err)
				}
			}
			select {
			case err := <-ended:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(time.Minute):
				t.Error("the server goes on")
			}
		})
	}
}
