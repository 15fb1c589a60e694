package testenv

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/leatworks/leat/internal/relay"
)

// Cluster is a JetStream cluster of three nats-servers. Each is a process with a directory of its
// own. All have the tag leat, and each has a tag of its own, such as node:a.
type Cluster struct {
	URL   string // of all nodes, separated by commas
	Nodes []*Node
}

// Node is a server of a cluster.
type Node struct {
	process
	name, dir              string
	client, route, monitor string         // addresses
	links                  []*relay.Relay // to and from the other nodes; none in a cluster without links
}

// NATSCluster starts a cluster that lives until the test ends, and waits until it has a
// leader.
func NATSCluster(t testing.TB) *Cluster {
	t.Helper()
	return cluster(t, func(_, to *Node) string { return to.route }, "")
}

// NATSClusterOfLinks is NATSCluster with a network between the nodes that can be cut,
// see [Node.Part].
func NATSClusterOfLinks(t testing.TB) *Cluster {
	t.Helper()
	return cluster(t, func(from, to *Node) string {
		link := NewLink(t, "tcp", to.route)
		from.links, to.links = append(from.links, link), append(to.links, link)
		return link.Addr()
	}, "127.0.0.1:1") // nodes tell each other this address, at which no server listens
}

// cluster starts a cluster whose nodes reach each other at the addresses that route gives.
func cluster(t testing.TB, route func(from, to *Node) string, advertise string) *Cluster {
	t.Helper()
	c := &Cluster{}
	var urls []string
	for _, name := range []string{"a", "b", "c"} {
		n := &Node{name: name, dir: tempDir(t), client: FreeAddress(t), route: FreeAddress(t), monitor: FreeAddress(t)}
		n.process = process{t: t, title: "node " + name, ready: healthy("http://" + n.monitor + "/healthz"), log: n.file("log")}
		c.Nodes = append(c.Nodes, n)
		urls = append(urls, "nats://"+n.client)
	}
	for _, n := range c.Nodes {
		var routes []string
		for _, other := range c.Nodes {
			if other != n {
				routes = append(routes, "nats://"+route(n, other))
			}
		}
		more := ""
		if advertise != "" {
			more = fmt.Sprintf(", advertise: %q", advertise)
		}
		text := fmt.Sprintf(`server_name: %s
listen: %q
http: %q
server_tags: ["node:%s", leat]
jetstream { store_dir: %q, max_file_store: 100TB, max_memory_store: 1GB }
cluster { name: leat, listen: %q, routes: [%s]%s }
`, n.name, n.client, n.monitor, n.name, n.dir, n.route, strings.Join(routes, ", "), more)
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

// FreeAddress returns an address at which no server listens. The nodes of a cluster need it: they
// name each other in their configurations, so none can choose its own.
func FreeAddress(t testing.TB) string {
	t.Helper()
	address, err := FindAddress()
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	return address
}

// FindAddress is FreeAddress for callers that have no test.
func FindAddress() (string, error) {
	for range 100 {
		// The kernel gives ports above these to connections. One of them could take the port before
		// the server starts.
		port := leastPort + rand.IntN(mostPort-leastPort)
		if _, given := addresses.LoadOrStore(port, true); given {
			continue
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		defer l.Close()
		return l.Addr().String(), nil
	}
	return "", errors.New("no free port")
}

const leastPort, mostPort = 10_000, 32_000

// addresses are the ports that tests of this process have been given.
var addresses sync.Map

func (n *Node) file(name string) string { return filepath.Join(n.dir, "nats."+name) }

// Name returns the server's name, by which JetStream names a leader.
func (n *Node) Name() string { return n.name }

func (n *Node) start() {
	n.t.Helper()
	binary, err := natsBinary()
	if err != nil {
		n.t.Fatalf("testenv: %v", err)
	}
	n.run(exec.Command(binary, "-c", n.file("conf"), "-P", n.file("pid"), "-l", n.log))
}

// URL is the address of this node for clients.
func (n *Node) URL() string { return "nats://" + n.client }

// Part cuts the node off from the other nodes, like a failing switch. Clients still reach it.
func (n *Node) Part() {
	for _, link := range n.links {
		link.Cut()
	}
}

// Join ends what Part began, and waits as Await does.
func (n *Node) Join() {
	n.t.Helper()
	for _, link := range n.links {
		link.Heal()
	}
	n.Await()
}

// Start starts the server again over its directory, and waits as Await does.
func (n *Node) Start() {
	n.t.Helper()
	n.start()
	n.Await()
}
