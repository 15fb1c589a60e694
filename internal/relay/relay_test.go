package relay_test

import (
	"bufio"
	"net"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/relay"
	"github.com/leatworks/leat/internal/testenv/leak"
)

const patience = time.Minute

// echo starts a server that answers each line with the same line.
func echo(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				for lines := bufio.NewReader(conn); ; {
					line, err := lines.ReadString('\n')
					if err != nil {
						return
					}
					if _, err := conn.Write([]byte(line)); err != nil {
						return
					}
				}
			}()
		}
	}()
	return listener.Addr().String()
}

type caller struct {
	net.Conn
	lines *bufio.Reader
}

func call(t *testing.T, r *relay.Relay) *caller {
	t.Helper()
	conn, err := net.Dial("tcp", r.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &caller{conn, bufio.NewReader(conn)}
}

// ask returns the duration until the answer, or the error.
func (c *caller) ask(wait time.Duration) (time.Duration, error) {
	began := time.Now()
	if err := c.SetWriteDeadline(began.Add(patience)); err != nil {
		return 0, err
	}
	if _, err := c.Write([]byte("hello\n")); err != nil {
		return 0, err
	}
	if err := c.SetReadDeadline(time.Now().Add(wait)); err != nil {
		return 0, err
	}
	_, err := c.lines.ReadString('\n')
	return time.Since(began), err
}

func TestRelay(t *testing.T) {
	t.Cleanup(func() { leak.VerifyNone(t) })
	r, err := relay.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	if _, err := call(t, r).ask(patience); err == nil {
		t.Fatal("an answer from no server")
	}
	r.Lead("tcp", echo(t))
	c := call(t, r)
	if _, err := c.ask(patience); err != nil {
		t.Fatal(err)
	}

	r.Slow(50 * time.Millisecond)
	if took, err := c.ask(patience); err != nil || took < 100*time.Millisecond {
		t.Errorf("delayed answer: %s, %v", took, err)
	}
	r.Heal()

	r.Stall()
	if _, err := c.ask(100 * time.Millisecond); err == nil {
		t.Error("an answer through a stall")
	}
	r.Heal()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.lines.ReadString('\n'); err != nil {
		t.Errorf("what was held back by a stall: %v", err)
	}

	r.Cut()
	if _, err := c.ask(patience); err == nil {
		t.Error("an answer through a connection that was cut")
	}
	if _, err := call(t, r).ask(patience); err == nil {
		t.Error("an answer while connections are refused")
	}
	r.Heal()
	if _, err := call(t, r).ask(patience); err != nil {
		t.Errorf("after the cut: %v", err)
	}
}
