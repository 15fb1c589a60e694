package worker_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/telemetry"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/internal/worker"
)

// labels are the labels that a figure may have. Each has few values, which leat itself
// names: a path, a URL, a repository or a tenant would be a series of its own.
var labels = []string{
	"worker", "lane", "outcome", "stage", "state", "kind", "stream", "store", "what", "le", "quantile", "route", "status", "method", "version", "door", "scope", "result", "source", "part",
}

// The figures of an installation describe its content. docs/operations.md lists all of them, and no
// label tells anything about indexed content.
func TestFiguresOfAnInstallation(t *testing.T) {
	l := newLanes(t, nil, config.Bulk{BulkFiles: 500, BulkWindow: 4096, BulkIngests: 4, Waiting: 16})
	metrics, err := telemetry.NewMetrics(t.Context(), "test")
	must(t, err)
	t.Cleanup(func() { must(t, metrics.Close(context.WithoutCancel(t.Context()))) })
	l.Meter = metrics.Meter()
	syncs := func(ctx context.Context) error {
		return worker.Sync(ctx, l.Stores, config.Syncer{Worker: l.common, Git: l.ingestor.Git}, l.Logs.Logger())
	}
	start(t, l.ingest, l.embed, l.index, syncs)
	repo := testpipe.NewRepo(t)
	l.push(t, repo, "sluice")
	scrape := func() string {
		w := httptest.NewRecorder()
		metrics.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		return w.Body.String()
	}
	wants := []string{
		`leat_documents{state="indexed"} 1`,
		`leat_work_pending{lane="live",stage="indexer"} 0`, `leat_work_oldest_seconds{stage="snapshot"} 0`, `leat_dead_letters 0`,
		`leat_freshness_seconds_count{lane="live"} 1`, `leat_messages_total{lane="live",outcome="done",worker="ingestor"} 1`,
		`leat_stream_limit_bytes{stream="LEAT_INTAKE"}`, `leat_disk_used_ratio{what="mirrors"}`, `leat_embedding_failures_total 0`,
		`leat_queue_wait_seconds_count{lane="live",worker="indexer"} 1`, `leat_retries_total{kind="process",worker="embedder"} 0`,
		`leat_batch_items_sum{worker="ingestor"} 1`, `leat_part_duration_seconds_count{part="upsert",worker="indexer"} 1`, `leat_embedding_cached_total 0`,
		`gen_ai_client_operation_duration_seconds_count{gen_ai_operation_name="embeddings",gen_ai_request_model="`,
	}
	var text string
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the figures:\n%s", text)
		}
	})
	l.eventually(t, "the figures tell of the document", func() bool { // a worker counts a message when it has ended it
		text = scrape()
		return !slices.ContainsFunc(wants, func(want string) bool { return !strings.Contains(text, want) })
	})
	for _, word := range []string{repo.Dir, "needle.txt", "quiet", "file://"} {
		if strings.Contains(text, word) {
			t.Errorf("the figures tell of %s", word)
		}
	}
	page, err := os.ReadFile("../../docs/operations.md")
	must(t, err)
	series := regexp.MustCompile(`(?m)^(leat_[a-z_]+?)(_bucket|_sum|_count)?(\{[^}]*\})? `)
	label := regexp.MustCompile(`([a-z_]+)="`)
	for _, match := range series.FindAllStringSubmatch(text, -1) {
		if !bytes.Contains(page, []byte("`"+match[1]+"`")) {
			t.Errorf("docs/operations.md does not list %s", match[1])
		}
		for _, name := range label.FindAllStringSubmatch(match[3], -1) {
			if !slices.Contains(labels, name[1]) {
				t.Errorf("%s has the label %s: is it bounded?", match[1], name[1])
			}
		}
	}
}
