package testenv

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// natsModule is the server's main package, at the version of go.mod.
const natsModule = "github.com/nats-io/nats-server/v2"

// natsBinary builds the server once per test process.
var natsBinary = sync.OnceValues(func() (string, error) {
	shared.mu.Lock()
	root, err := shared.dir()
	shared.mu.Unlock()
	if err != nil {
		return "", err
	}
	binary := filepath.Join(root, "nats-server")
	build := exec.Command("go", "build", "-o", binary, natsModule)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build nats-server: %w\n%s", err, out)
	}
	return binary, nil
})

// NATSProcess runs a nats-server with a configuration file as a process of its own, on a free port,
// until the test ends. It returns the server's URL, without a user.
func NATSProcess(t testing.TB, config string) string {
	t.Helper()
	binary, err := natsBinary()
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	ports := tempDir(t)
	log := filepath.Join(ports, "log")
	cmd := exec.Command(binary, "-c", config, "-a", "127.0.0.1", "-p", "-1", "--ports_file_dir", ports, "-P", filepath.Join(ports, "nats.pid"), "-l", log)
	if err := cmd.Start(); err != nil {
		t.Fatalf("testenv: start nats-server: %v", err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	address := await(ports, ended)
	if address == "" {
		text, _ := os.ReadFile(log)
		t.Fatalf("testenv: nats-server with %s does not start:\n%s", config, text)
	}
	return address
}

// await waits for the file in which a server names its ports, and then for the port.
func await(dir string, ended <-chan struct{}) string {
	for deadline := time.Now().Add(startLimit); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		select {
		case <-ended:
			return ""
		default:
		}
		found, _ := filepath.Glob(filepath.Join(dir, "*.ports"))
		if len(found) == 0 {
			continue
		}
		text, _ := os.ReadFile(found[0])
		_, rest, plain := strings.Cut(string(text), `"nats://`)
		if !plain { // the server asks for TLS
			_, rest, _ = strings.Cut(string(text), `"tls://`)
		}
		host, _, complete := strings.Cut(rest, `"`)
		if !complete {
			continue
		}
		if conn, err := net.Dial("tcp", host); err == nil {
			conn.Close()
			return (&url.URL{Scheme: "nats", Host: host}).String()
		}
	}
	return ""
}
