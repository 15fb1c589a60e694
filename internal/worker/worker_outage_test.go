package worker_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/devstack/qdrant"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/internal/worker"
)

// An indexer whose Qdrant is down says so in a few lines, however many messages fail. Each message
// is still tried again.
func TestAQdrantThatIsDownIsAFewLines(t *testing.T) {
	const documents = 60
	at := testenv.Stack(t)
	server, err := qdrant.Start(qdrant.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	stop := server.Close
	t.Cleanup(func() { _ = stop() })
	at.Qdrant = "http://" + server.Addr()
	p := testpipe.Join(t, testpipe.Config{}, at)
	repo, tree := testpipe.NewRepo(t), make(testpipe.Tree)
	for i := range documents {
		tree[fmt.Sprintf("%d.txt", i)] = testpipe.File{Content: fmt.Sprintf("water of the mill %d\n", i)}
	}
	repo.Commit(t, tree)
	p.Submit(t, repo)
	for _, err := range p.Deliver(t, p.Events.Drain(t)...) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	stop = func() error { return nil }

	var logged bytes.Buffer // read when the indexer has ended
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- worker.Index(ctx, p.Stores, config.Worker{Process: config.Process{DrainTimeout: 5 * time.Second}, InFlight: documents}, slog.New(slog.NewTextHandler(&logged, nil)))
	}()
	for deadline := time.Now().Add(2 * testpipe.Patience); p.One(t, "select count(*) from documents where state = 'failed'") != fmt.Sprint(documents); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("failed: %s", p.One(t, "select count(*) from documents where state = 'failed'"))
			break
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	text := logged.String()
	if lines := strings.Count(text, "attempt failed"); lines == 0 || lines > 6 {
		t.Errorf("%d lines about attempts that failed, want one for each error that the client has for it and one with the count\n%s", lines, text)
	}
	if !strings.Contains(text, "times=") {
		t.Errorf("no line says how many there were\n%s", text)
	}
}
