package git

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
)

// sshForge serves a repository by ssh, to one key.
type sshForge struct {
	port, knownHosts, key string
}

func newSSHForge(t *testing.T, s *source, name string) sshForge {
	t.Helper()
	if _, err := exec.LookPath("ssh"); err != nil {
		t.Skip("ssh is not installed")
	}
	dir := t.TempDir()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	f := sshForge{port, filepath.Join(dir, "known_hosts"), filepath.Join(dir, "key")}
	line := fmt.Sprintf("[%s]:%s %s", name, port, ssh.MarshalAuthorizedKey(signer.PublicKey()))
	for path, content := range map[string][]byte{f.knownHosts: []byte(line), f.key: pem.EncodeToMemory(block)} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if string(key.Marshal()) != string(signer.PublicKey().Marshal()) {
			return nil, fmt.Errorf("another key")
		}
		return nil, nil
	}}
	config.AddHostKey(signer)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { serveSSH(conn, config, s.dir) })
		}
	})
	t.Cleanup(func() { listener.Close(); running.Wait() })
	return f
}

// serveSSH runs upload-pack on the repository for each command of a connection.
func serveSSH(conn net.Conn, config *ssh.ServerConfig, dir string) {
	defer conn.Close()
	session, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	defer session.Close()
	go ssh.DiscardRequests(requests)
	for offered := range channels {
		channel, asked, err := offered.Accept()
		if err != nil {
			return
		}
		for request := range asked {
			_ = request.Reply(request.Type == "exec" || request.Type == "env", nil)
			if request.Type != "exec" {
				continue
			}
			cmd := exec.Command("git", "upload-pack", dir)
			cmd.Stdout, cmd.Stderr = channel, io.Discard
			in, err := cmd.StdinPipe()
			if err == nil && cmd.Start() == nil {
				go func() { _, _ = io.Copy(in, channel); in.Close() }()
				_ = cmd.Wait()
			}
			_, _ = channel.SendRequest("exit-status", false, []byte{0, 0, 0, 0})
			channel.Close()
		}
	}
}

// Ssh connects through the gate, which resolves a name and judges the address.
func TestSSHConnectsThroughTheGate(t *testing.T) {
	s := newSource(t)
	commit := s.commit("main", text("a", "1"))
	f := newSSHForge(t, s, "forge.example")
	open := func(rules ...string) *Mirrors {
		return newMirrors(t, func(cfg *Config) {
			cfg.KnownHosts, cfg.KeyFile, cfg.AllowHosts = f.knownHosts, f.key, rules
			cfg.Resolve = names(map[string]string{"forge.example": "127.0.0.1"})
			cfg.MaxMemory = 1 << 40 // the race detector's
		})
	}
	url := "ssh://git@forge.example:" + f.port + "/a/b.git"
	m := open("forge.example:" + f.port)
	wantHead(t, mustFetch(t, m, "r", mustParse(t, m, url), ""), "refs/heads/main", commit)

	m = open("1.0.0.0/8:" + f.port) // of public addresses
	_, err := m.Fetch(t.Context(), "r", mustParse(t, m, url), "")
	wantUnreachable(t, err, "loopback")
	if strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("the submitter is told %q", err)
	}
}
