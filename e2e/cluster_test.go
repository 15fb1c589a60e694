//go:build linux

package e2e_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/broker"
)

// A cluster of three nodes keeps each message three times. The node that leads the stream
// in use is killed in mid-ingest and comes back. Then all nodes are restarted one by one,
// each in mid-ingest. Nothing is lost: the three stores are equal, and the index is that of
// an undisturbed run.
func TestAClusterSurvivesItsNodes(t *testing.T) {
	t.Parallel()
	const files = 300
	cluster := testenv.NATSCluster(t)
	stores := testenv.Stack(t)
	stores.NATS = cluster.URL
	d := deploy(t, stores)
	d.env = append(d.env, "LEAT_STREAM_REPLICAS=3")
	running := d.startAll()
	repo := testpipe.NewRepo(t)
	c := &clustered{deployment: d, repo: repo, files: files}

	c.push(func() {
		leader := c.leader(cluster, broker.StreamChunked)
		leader.Kill()
		if got := c.leader(cluster, broker.StreamChunked); got == leader {
			t.Errorf("the dead node %s still leads", leader.Name())
		}
		leader.Start()
	})
	for _, node := range cluster.Nodes {
		c.push(func() {
			node.Stop()
			node.Start()
		})
	}

	d.verify(0)
	for _, p := range running {
		p.stop()
	}
	if got, want := d.leat(0, "digest")["digest"], undisturbed(t, repo.Dir); got != want {
		t.Errorf("the digest is %v, want %v as with nodes that stay", got, want)
	}
}

// The node that leads the stream in use is cut off from the other two in mid-ingest. It can
// do nothing then, and the clients that stay with it wait. The other nodes elect another
// leader. When the network is back, everything gets indexed, and nothing is lost.
func TestAClusterSurvivesAPartition(t *testing.T) {
	t.Parallel()
	cluster := testenv.NATSClusterOfLinks(t)
	stores := testenv.Stack(t)
	stores.NATS = cluster.URL
	d := deploy(t, stores)
	d.env = append(d.env, "LEAT_STREAM_REPLICAS=3")
	running := d.startAll()
	repo := testpipe.NewRepo(t)
	c := &clustered{deployment: d, repo: repo, files: 300}

	c.push(func() {
		cut := c.leader(cluster, broker.StreamChunked)
		cut.Part()
		c.stores.NATS = others(cluster, cut)
		if got := c.leader(cluster, broker.StreamChunked); got == cut {
			t.Errorf("the node %s still leads, which nobody hears", cut.Name())
		}
		cut.Join()
		c.stores.NATS = cluster.URL
	})
	c.push(func() {})

	d.verify(0)
	for _, p := range running {
		p.stop()
	}
	if got, want := d.leat(0, "digest")["digest"], undisturbed(t, repo.Dir); got != want {
		t.Errorf("the digest is %v, want %v as with a network that holds", got, want)
	}
}

// Three Qdrants keep each shard three times. One is killed in mid-ingest: writes and
// searches go on, and leat doctor says which copies do not serve. The node comes back and
// catches up. The three stores are equal, and the index is that of an undisturbed run.
func TestAClusterOfQdrantSurvivesANode(t *testing.T) {
	t.Parallel()
	nodes := testenv.QdrantCluster(t)
	stores := testenv.Stack(t)
	stores.Qdrant = nodes[0].URL()
	d := deploy(t, stores)
	d.env = append(d.env, "LEAT_QDRANT_SHARDS=3", "LEAT_QDRANT_REPLICAS=3", "LEAT_QDRANT_WRITE_CONSISTENCY=2")
	running := d.startAll()
	repo := testpipe.NewRepo(t)
	c := &clustered{deployment: d, repo: repo, files: 300}

	c.push(nodes[2].Kill)
	await(t, "leat doctor tells of the dead node", func() bool {
		state, text := d.finding("replicas")
		return state == "warning" && strings.Contains(text, "copies of shards do not serve")
	})
	d.leat(0, "search", "turns wheel number 7")
	nodes[2].Start()
	await(t, "all copies serve again", func() bool { state, _ := d.finding("replicas"); return state == "good" })
	c.push(func() {})

	d.verify(0)
	for _, p := range running {
		p.stop()
	}
	if got, want := d.leat(0, "digest")["digest"], undisturbed(t, repo.Dir); got != want {
		t.Errorf("the digest is %v, want %v as with nodes that stay", got, want)
	}
}

// finding returns the state and the text of leat doctor's finding about a subject.
func (d *deployment) finding(subject string) (state, text string) {
	d.t.Helper()
	doc, _ := try(d.t, d.env, "doctor")
	findings, _ := doc["findings"].([]any)
	for _, one := range findings {
		if f, _ := one.(map[string]any); f["subject"] == subject {
			state, _ = f["state"].(string)
			text, _ = f["text"].(string)
		}
	}
	return state, text
}

// others returns the addresses of all nodes but one.
func others(cluster *testenv.Cluster, one *testenv.Node) string {
	var urls []string
	for _, node := range cluster.Nodes {
		if node != one {
			urls = append(urls, node.URL())
		}
	}
	return strings.Join(urls, ",")
}

// clustered is a deployment over a cluster, and a repository that is pushed to.
type clustered struct {
	*deployment
	repo   *testpipe.Repo
	files  int
	pushes int
}

// push commits a change of every file, submits it, disturbs the cluster once a document
// has been chunked, and waits until the commit is indexed.
func (c *clustered) push(disturb func()) {
	c.t.Helper()
	c.pushes++
	tree := make(testpipe.Tree)
	for i := range c.files {
		tree[fmt.Sprintf("dir%02d/file%04d.go", i%20, i)] = testpipe.File{Content: fmt.Sprintf(
			"package p%d\n\n// Mill%[1]d turns wheel number %[1]d.\nfunc Mill%[1]d(water int) int { return water * %d }\n", i, c.pushes)}
	}
	commit := c.repo.Commit(c.t, tree)
	nc := c.connect()
	first, whole := listen(c.t, nc, "leat.document.chunked.>"), listen(c.t, nc, "leat.repo.indexed.>")
	publish(c.t, nc, c.repo.Dir)
	next(c.t, first)
	for msg, err := whole.NextMsg(time.Millisecond); err == nil; msg, err = whole.NextMsg(time.Millisecond) {
		if !strings.Contains(string(msg.Data), commit) { // but one of the push before
			continue
		}
		if c.pushes > 6 {
			c.t.Fatal("all is indexed before the cluster can be disturbed: use more files")
		}
		c.push(disturb) // the workers were faster than this process
		return
	}
	disturb()
	await(c.t, "commit "+commit+" is indexed", func() bool { return c.indexed(commit) })
}

// indexed asks the catalog, because a listener may miss an event that is published while
// nodes come and go. Documents may have failed for the time being.
func (c *clustered) indexed(commit string) bool {
	c.t.Helper()
	doc, _ := try(c.t, c.env, "status")
	repos, _ := doc["repositories"].([]any)
	if len(repos) == 0 {
		return false
	}
	repo, _ := repos[0].(map[string]any)
	return repo["commit"] == commit && number(c.t, repo, "documents", "indexed") == c.files
}

// leader waits until a living node leads the stream.
func (c *clustered) leader(cluster *testenv.Cluster, stream string) (found *testenv.Node) {
	c.t.Helper()
	js, err := jetstream.New(c.connect(), jetstream.WithDefaultTimeout(time.Second))
	if err != nil {
		c.t.Fatal(err)
	}
	await(c.t, "a node leads "+stream, func() bool {
		s, err := js.Stream(c.t.Context(), stream)
		if err != nil || s.CachedInfo().Cluster == nil {
			return false
		}
		for _, node := range cluster.Nodes {
			if node.Name() == s.CachedInfo().Cluster.Leader {
				found = node
			}
		}
		return found != nil && strings.Contains(c.stores.NATS, found.URL())
	})
	return found
}
