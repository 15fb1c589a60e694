package reach

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// variable holds the gate's URL in the environment of ssh, whose ProxyCommand is
// this program.
const variable = "LEAT_REACH_GATE"

// sshHeader marks the CONNECT of an ssh connection, which is made without the
// operator's proxy of the web.
const sshHeader = "Leat-Ssh"

// asked says that this program would have served as a ProxyCommand.
var asked atomic.Bool

// Main serves and exits if this process was started as ssh's ProxyCommand or as git's
// GIT_PROXY_COMMAND, with a host and a port as its arguments, and returns otherwise. Call
// it first thing in main, and in the TestMain of tests that fetch by ssh or git://.
func Main() {
	gate := os.Getenv(variable)
	if gate == "" {
		asked.Store(true)
		return
	}
	if len(os.Args) != 3 {
		os.Exit(2)
	}
	if err := pipe(gate, net.JoinHostPort(os.Args[1], os.Args[2]), os.Stdin, os.Stdout); err != nil {
		os.Exit(1) // the gate knows why; ssh says that the connection was closed
	}
	os.Exit(0)
}

// ProxyCommand returns the command that ssh has to run in order to connect through
// the gate, for a shell, and the variable that it needs in its environment. It fails
// in a program that does not call [Main].
func (g *Gate) ProxyCommand() (command, env string, err error) {
	self, env, err := g.Command()
	if err != nil {
		return "", "", err
	}
	quoted := "'" + strings.ReplaceAll(strings.ReplaceAll(self, "%", "%%"), "'", `'\''`) + "'"
	return quoted + " %h %p", env, nil
}

// Command returns this program's file, which git runs with a host and a port in order to
// connect through the gate by git://, and the variable that it needs in its environment.
// It fails in a program that does not call [Main].
func (g *Gate) Command() (file, env string, err error) {
	if !asked.Load() {
		return "", "", errors.New("this program fetches nothing by git:// and ssh: it does not call reach.Main")
	}
	if file, err = os.Executable(); err != nil {
		return "", "", fmt.Errorf("find this program's file: %w", err)
	}
	return file, variable + "=" + g.URL(), nil
}

// pipeTimeout bounds the time until the gate has connected.
const pipeTimeout = 2 * time.Minute

// pipe connects to a host through the gate and passes in and out.
func pipe(gate, target string, in io.Reader, out io.Writer) error {
	u, err := url.Parse(gate)
	if err != nil {
		return errors.New("the gate has no URL")
	}
	ctx, cancel := context.WithTimeout(context.Background(), pipeTimeout)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return err
	}
	defer conn.Close()
	if conn, err = connect(ctx, conn, u.User, target, http.Header{sshHeader: {"1"}}); err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(conn, in)
		if half, ok := conn.(halfCloser); ok {
			_ = half.CloseWrite()
		}
	}()
	_, err = io.Copy(out, conn)
	return err
}
