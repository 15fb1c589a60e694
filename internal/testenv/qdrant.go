package testenv

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// QdrantNode is a server of a Qdrant cluster: a process with a directory of its own.
type QdrantNode struct {
	process
	program, dir    string
	grpc, web, peer string // addresses
	first           *QdrantNode
}

// qdrantProgram returns the Qdrant that LEAT_TEST_QDRANT names, or the one on the path. It skips
// the test if there is none.
func qdrantProgram(t testing.TB) string {
	t.Helper()
	return installed(t, "LEAT_TEST_QDRANT", "qdrant")
}

// QdrantCluster starts a cluster of three Qdrants that lives until the test ends. It skips the test
// if no Qdrant is installed.
func QdrantCluster(t testing.TB) []*QdrantNode {
	t.Helper()
	program := qdrantProgram(t)
	var nodes []*QdrantNode
	for range 3 {
		n := &QdrantNode{program: program, dir: t.TempDir(), grpc: FreeAddress(t), web: FreeAddress(t), peer: FreeAddress(t)}
		n.process = process{t: t, title: "qdrant at " + n.grpc, ready: healthy("http://" + n.web + "/readyz"), log: filepath.Join(n.dir, "qdrant.log")}
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

// Start starts the server over the directory that it may have had before, and waits until it
// answers and knows the other nodes.
func (n *QdrantNode) Start() {
	n.t.Helper()
	args := []string{"--disable-telemetry", "--uri", "http://" + n.peer}
	if n.first != nil {
		args = append(args, "--bootstrap", "http://"+n.first.peer)
	}
	cmd := exec.Command(n.program, args...)
	cmd.Dir = n.dir
	cmd.Env = append(os.Environ(), "QDRANT__SERVICE__HOST=127.0.0.1", "QDRANT__CLUSTER__ENABLED=true",
		"QDRANT__SERVICE__GRPC_PORT="+portOf(n.grpc), "QDRANT__SERVICE__HTTP_PORT="+portOf(n.web), "QDRANT__CLUSTER__P2P__PORT="+portOf(n.peer))
	n.runLogged(cmd)
	n.Await()
}
