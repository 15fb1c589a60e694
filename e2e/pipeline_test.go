//go:build linux

package e2e_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

// workers are the binaries of the pipeline.
var workers = []string{"ingestor", "embedder", "indexer", "syncer"}

// deployment is a set of stores and their addresses.
type deployment struct {
	t      *testing.T
	stores devstack.Endpoints
	env    []string
}

func newDeployment(t *testing.T) *deployment {
	t.Helper()
	return deploy(t, testenv.Stack(t))
}

func deploy(t *testing.T, e devstack.Endpoints) *deployment {
	t.Helper()
	return &deployment{t, e, []string{
		"LEAT_NATS_URL=" + e.NATS,
		"LEAT_POSTGRES_URL=" + e.Postgres,
		"LEAT_S3_URL=" + e.S3,
		"LEAT_S3_ACCESS_KEY=" + e.S3AccessKey,
		"LEAT_S3_SECRET_KEY=" + e.S3SecretKey,
		"LEAT_QDRANT_URL=" + e.Qdrant,
		"LEAT_INDEX=" + testenv.Index(e),
		"LEAT_LISTEN=127.0.0.1:0",
		"LEAT_GIT_DIR=" + filepath.Join(t.TempDir(), "mirrors"),
		"LEAT_GIT_ALLOW_LOCAL=true",
		"LEAT_ACK_WAIT=2s", // a killed worker's messages must not take half a minute
		"LEAT_LEASE=10s",
	}}
}

// worker starts a worker.
func (d *deployment) worker(name string, env ...string) *process {
	d.t.Helper()
	return start(d.t, append(append([]string{}, d.env...), env...), name)
}

// startAll starts one of each worker and waits until they are ready.
func (d *deployment) startAll(env ...string) map[string]*process {
	d.t.Helper()
	running := make(map[string]*process)
	for _, name := range workers {
		running[name] = d.worker(name, env...)
	}
	for _, p := range running {
		p.ready()
	}
	return running
}

// leat runs the operator's command and returns its JSON document.
func (d *deployment) leat(code int, args ...string) map[string]any {
	d.t.Helper()
	return leat(d.t, d.env, code, args...)
}

func leat(t testing.TB, env []string, code int, args ...string) map[string]any {
	t.Helper()
	doc, got := try(t, env, args...)
	if got != code {
		t.Fatalf("leat %s exits with %d, want %d: %v", strings.Join(args, " "), got, code, doc)
	}
	return doc
}

// try does what leat does, for commands whose answer may be no.
func try(t testing.TB, env []string, args ...string) (doc map[string]any, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(binaries, "leat"), append(args, "--json")...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "GORACE=atexit_sleep_ms=50"}, env...)
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &doc); err != nil {
		t.Fatalf("leat %s prints no JSON: %v\n%s", strings.Join(args, " "), err, out)
	}
	return doc, cmd.ProcessState.ExitCode()
}

// connect returns a client of NATS that knows nothing of leat.
func (d *deployment) connect() *nats.Conn {
	d.t.Helper()
	nc, err := nats.Connect(d.stores.NATS)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(nc.Close)
	return nc
}

// listen subscribes to subjects and waits until the server knows.
func listen(t *testing.T, nc *nats.Conn, subject string) *nats.Subscription {
	t.Helper()
	sub, err := nc.SubscribeSync(subject)
	if err == nil {
		err = nc.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

// next waits for a message.
func next(t *testing.T, sub *nats.Subscription) *nats.Msg {
	t.Helper()
	msg, err := sub.NextMsg(patience)
	if err != nil {
		t.Fatalf("no message on %s: %v", sub.Subject, err)
	}
	return msg
}

// publish submits a repository as any NATS client can: `nats pub --jetstream
// leat.repo.submitted.default -H … DATA`. While the intake has no leader, it tries again
// with the same id.
func publish(t *testing.T, nc *nats.Conn, url string, header ...string) {
	t.Helper()
	msg := nats.NewMsg("leat.repo.submitted.default")
	msg.Header["ce-specversion"] = []string{"1.0"}
	msg.Header["ce-id"] = []string{rand.Text()}
	msg.Header["ce-source"] = []string{"/ci"}
	msg.Header["ce-type"] = []string{"leat.repo.submitted.v1"}
	for i := 0; i < len(header); i += 2 {
		msg.Header[header[i]] = []string{header[i+1]}
	}
	msg.Data = fmt.Appendf(nil, `{"url":%q}`, url)
	var ack *nats.Msg
	await(t, "the intake answers", func() bool {
		var err error
		ack, err = nc.RequestMsg(msg, 10*time.Second)
		if err != nil && !errors.Is(err, nats.ErrNoResponders) && !errors.Is(err, nats.ErrTimeout) {
			t.Fatalf("publish repo.submitted: %v", err)
		}
		return err == nil
	})
	if !bytes.Contains(ack.Data, []byte(`"stream"`)) {
		t.Fatalf("the intake answers %s", ack.Data)
	}
}

// newRepo makes a repository of n Go files.
func newRepo(t *testing.T, n int) string {
	t.Helper()
	repo, tree := testpipe.NewRepo(t), make(testpipe.Tree)
	for i := range n {
		tree[fmt.Sprintf("dir%02d/file%04d.go", i%20, i)] = testpipe.File{Content: fmt.Sprintf(
			"package p%d\n\n// Mill%[1]d turns wheel number %[1]d.\nfunc Mill%[1]d(water int) int { return water * %[1]d }\n", i)}
	}
	repo.Commit(t, tree)
	return repo.Dir
}

// number reads a number at a path of a JSON document.
func number(t *testing.T, doc any, path ...any) int {
	t.Helper()
	for _, step := range path {
		switch key := step.(type) {
		case string:
			members, _ := doc.(map[string]any)
			doc = members[key]
		case int:
			list, _ := doc.([]any)
			if key >= len(list) {
				t.Fatalf("%v: no element %d", path, key)
			}
			doc = list[key]
		}
	}
	n, ok := doc.(float64)
	if !ok {
		t.Fatalf("%v is %v, want a number", path, doc)
	}
	return int(n)
}
