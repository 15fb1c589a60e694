package git

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

// serveGit serves the repositories beside a source by git://, and counts connections.
func serveGit(t *testing.T, s *source) (host string, connections *atomic.Int64) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	connections = new(atomic.Int64)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			serving.Go(func() {
				defer conn.Close()
				cmd := exec.CommandContext(t.Context(), "git", "daemon", "--inetd", "--export-all", "--base-path="+filepath.Dir(s.dir))
				cmd.Env = append(os.Environ(), "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*")
				cmd.Stdin, cmd.Stdout = conn, conn
				_ = cmd.Run() // the client sees how it ends
			})
		}
	})
	t.Cleanup(func() { listener.Close(); serving.Wait() })
	return listener.Addr().String(), connections
}

func TestAFetchByGitsOwnProtocol(t *testing.T) {
	s := newSource(t)
	commit := s.commit("main", text("a", "1"))
	host, connections := serveGit(t, s)
	port := portOf(t, "git://"+host)
	m := newMirrors(t, func(cfg *Config) {
		cfg.AllowGit, cfg.AllowHosts = true, []string{"forge.example:" + port}
		cfg.Resolve = names(map[string]string{"forge.example": "127.0.0.1", "inside.example": "127.0.0.1"})
	})
	name := filepath.Base(s.dir)
	wantHead(t, mustFetch(t, m, "r", mustParse(t, m, "git://forge.example:"+port+"/"+name), ""), "refs/heads/main", commit)
	if connections.Load() == 0 {
		t.Error("nothing was connected to")
	}
	_, err := m.Fetch(t.Context(), "s", mustParse(t, m, "git://forge.example:"+port+"/nosuch"), "")
	wantRejected(t, err, ErrNotFound)

	// The gate judges the address, as for every protocol.
	connections.Store(0)
	open := newMirrors(t, func(cfg *Config) {
		cfg.AllowGit, cfg.AllowHosts = true, []string{"1.0.0.0/8:" + port}
		cfg.Resolve = names(map[string]string{"inside.example": "127.0.0.1"})
	})
	_, err = open.Fetch(t.Context(), "r", mustParse(t, open, "git://inside.example:"+port+"/"+name), "")
	wantUnreachable(t, err, "loopback")
	if connections.Load() > 0 {
		t.Errorf("%d connections inside", connections.Load())
	}
}

// The port of git:// is open only if git:// is allowed.
func TestThePortOfGitsOwnProtocol(t *testing.T) {
	closed, open := newMirrors(t, func(cfg *Config) { cfg.AllowHosts = nil }), newMirrors(t, func(cfg *Config) { cfg.AllowGit, cfg.AllowHosts = true, nil })
	for _, url := range []string{"git://forge.example/a", "git://FORGE.example:9418/a"} {
		if r := mustParse(t, open, url); r.text != "git://forge.example/a" {
			t.Errorf("%s is %s", url, r.text)
		}
		if _, err := closed.Parse(url); err == nil {
			t.Errorf("%s is accepted", url)
		}
	}
	for _, url := range []string{"git://127.0.0.1/a", "git://10.0.0.1/a", "git://forge.example:6379/a", "git://user@forge.example/a", "git://-x/a", "git://forge.example/", "git://forge.example/a?b"} {
		if _, err := open.Parse(url); err == nil {
			t.Errorf("%s is accepted", url)
		}
	}
	if _, err := closed.Parse("https://forge.example:9418/a"); err == nil {
		t.Error("the port is open without git://")
	}
}
