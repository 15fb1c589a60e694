package testenv

import (
	"cmp"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// QdrantNode is a server of a cluster of Qdrant, a process of its own with a directory of
// its own.
type QdrantNode struct {
	t               testing.TB
	program, dir    string
	grpc, web, peer string // addresses
	first           *QdrantNode
	cmd             *exec.Cmd
	ended           chan struct{}
}

// qdrantProgram is the Qdrant that LEAT_TEST_QDRANT names, or that is on the path. A test
// is skipped where there is none.
func qdrantProgram(t testing.TB) string {
	t.Helper()
	program, err := exec.LookPath(cmp.Or(os.Getenv("LEAT_TEST_QDRANT"), "qdrant"))
	if err != nil {
		t.Skip("no Qdrant on this machine")
	}
	return program
}

// QdrantCluster starts a cluster of three Qdrants that lives until the test ends, or skips
// the test where none is installed.
func QdrantCluster(t testing.TB) []*QdrantNode {
	t.Helper()
	program := qdrantProgram(t)
	var nodes []*QdrantNode
	for range 3 {
		n := &QdrantNode{t: t, program: program, dir: t.TempDir(), grpc: FreeAddress(t), web: FreeAddress(t), peer: FreeAddress(t)}
		if len(nodes) > 0 {
			n.first = nodes[0]
		}
		nodes = append(nodes, n)
		n.Start()
	}
	return nodes
}

// URL is the address of this node for clients.
func (n *QdrantNode) URL() string { return "http://" + n.grpc }

// Start starts the server, again over the directory that it had, and waits until it
// answers and knows the other nodes.
func (n *QdrantNode) Start() {
	n.t.Helper()
	port := func(address string) string { _, port, _ := net.SplitHostPort(address); return port }
	args := []string{"--disable-telemetry", "--uri", "http://" + n.peer}
	if n.first != nil {
		args = append(args, "--bootstrap", "http://"+n.first.peer)
	}
	log, err := os.OpenFile(n.file("log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		n.t.Fatalf("testenv: %v", err)
	}
	defer log.Close() // the process has it
	cmd, ended := exec.Command(n.program, args...), make(chan struct{})
	cmd.Dir, cmd.Stdout, cmd.Stderr = n.dir, log, log
	cmd.Env = append(os.Environ(), "QDRANT__SERVICE__HOST=127.0.0.1", "QDRANT__CLUSTER__ENABLED=true",
		"QDRANT__SERVICE__GRPC_PORT="+port(n.grpc), "QDRANT__SERVICE__HTTP_PORT="+port(n.web), "QDRANT__CLUSTER__P2P__PORT="+port(n.peer))
	if err := cmd.Start(); err != nil {
		n.t.Fatalf("testenv: start qdrant: %v", err)
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
	n.await()
}

func (n *QdrantNode) file(name string) string { return filepath.Join(n.dir, "qdrant."+name) }

// Kill ends the server at once, as the loss of its machine would.
func (n *QdrantNode) Kill() {
	_ = n.cmd.Process.Kill()
	<-n.ended
}

// await waits until the server says that it is ready, which it is not before it has what
// the cluster has agreed on.
func (n *QdrantNode) await() {
	n.t.Helper()
	for deadline := time.Now().Add(startLimit); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if resp, err := http.Get("http://" + n.web + "/readyz"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
	}
	log, _ := os.ReadFile(n.file("log"))
	n.t.Fatalf("testenv: qdrant is not ready after %s:\n%s", startLimit, log[max(0, len(log)-8<<10):])
}
