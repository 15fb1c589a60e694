package testenv

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Cluster is a JetStream cluster of three nats-servers, each a process of its own with
// a directory of its own.
type Cluster struct {
	URL   string // of all nodes, separated by commas
	Nodes []*Node
}

// Node is a server of a cluster.
type Node struct {
	t                      testing.TB
	name, dir              string
	client, route, monitor string // addresses
	cmd                    *exec.Cmd
	ended                  chan struct{}
}

// NATSCluster starts a cluster that lives until the test ends, and waits until it has a
// leader.
func NATSCluster(t testing.TB) *Cluster {
	t.Helper()
	c := &Cluster{}
	var routes, urls []string
	for _, name := range []string{"a", "b", "c"} {
		n := &Node{t: t, name: name, dir: tempDir(t), client: freeAddress(t), route: freeAddress(t), monitor: freeAddress(t)}
		c.Nodes = append(c.Nodes, n)
		routes = append(routes, "nats://"+n.route)
		urls = append(urls, "nats://"+n.client)
	}
	for _, n := range c.Nodes {
		text := fmt.Sprintf(`server_name: %s
listen: %q
http: %q
jetstream { store_dir: %q, max_file_store: 100TB, max_memory_store: 1GB }
cluster { name: leat, listen: %q, routes: [%s] }
`, n.name, n.client, n.monitor, n.dir, n.route, strings.Join(routes, ", "))
		if err := os.WriteFile(n.file("conf"), []byte(text), 0o600); err != nil {
			t.Fatalf("testenv: %v", err)
		}
		n.start()
	}
	for _, n := range c.Nodes {
		n.Await()
	}
	c.URL = strings.Join(urls, ",")
	return c
}

// freeAddress returns an address that nobody listens on. The nodes name each other in
// their configurations, so none can choose its own.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (n *Node) file(name string) string { return filepath.Join(n.dir, "nats."+name) }

// Name returns the server's name, by which JetStream names a leader.
func (n *Node) Name() string { return n.name }

func (n *Node) start() {
	n.t.Helper()
	binary, err := natsBinary()
	if err != nil {
		n.t.Fatalf("testenv: %v", err)
	}
	cmd, ended := exec.Command(binary, "-c", n.file("conf"), "-P", n.file("pid"), "-l", n.file("log")), make(chan struct{})
	if err := cmd.Start(); err != nil {
		n.t.Fatalf("testenv: start node %s: %v", n.name, err)
	}
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	n.cmd, n.ended = cmd, ended
	n.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
}

// Kill ends the server at once, as the loss of its machine would.
func (n *Node) Kill() {
	_ = n.cmd.Process.Kill()
	<-n.ended
}

// Stop ends the server as a process manager does.
func (n *Node) Stop() {
	_ = n.cmd.Process.Signal(syscall.SIGTERM)
	<-n.ended
}

// Start starts the server again over its directory, and waits as Await does.
func (n *Node) Start() {
	n.t.Helper()
	n.start()
	n.Await()
}

// Await waits until the server says that its streams and consumers are those of the
// cluster.
func (n *Node) Await() {
	n.t.Helper()
	for deadline := time.Now().Add(startLimit); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if resp, err := http.Get("http://" + n.monitor + "/healthz"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
	}
	log, _ := os.ReadFile(n.file("log"))
	n.t.Fatalf("testenv: node %s is not healthy after %s:\n%s", n.name, startLimit, log[max(0, len(log)-8<<10):])
}
