package worker_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/search"
)

// perRequest is how many texts the server of BenchmarkEmbedders takes at once. They are few, so
// that the server is the bottleneck, and not the machine of the test.
const perRequest = 1

// remote is local-384 behind a server that takes its time for each request.
type remote struct {
	embedder.Local
	client *http.Client
	url    string
	texts  *atomic.Int64 // embedded, by all
}

func (r remote) Embed(ctx context.Context, texts []string, purpose embedder.Purpose) ([][]float32, error) {
	for part := range slices.Chunk(texts, perRequest) {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, nil)
		if err != nil {
			return nil, err
		}
		answer, err := r.client.Do(request)
		if err != nil {
			return nil, err
		}
		if err := answer.Body.Close(); err != nil {
			return nil, err
		}
		r.texts.Add(int64(len(part)))
	}
	return r.Local.Embed(ctx, texts, purpose)
}

// BenchmarkEmbedders lets 1, 2, 4 and 8 embedders, each with connections of its own, work off a
// backlog in proportion to their number. The embedding server takes 50 ms for each text. linear is
// the rate per embedder as a share of the rate of a single one. The rate covers nine tenths of the
// backlog, because at its end some embedders have no work. Use -benchtime 1x.
func BenchmarkEmbedders(b *testing.B) {
	const took = 50 * time.Millisecond
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(took) }))
	defer server.Close()
	alone := 0.0
	for _, n := range []int{1, 2, 4, 8} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				rate := benchEmbedders(b, n, server.URL)
				if n == 1 {
					alone = rate
				}
				b.ReportMetric(rate, "documents/s")
				b.ReportMetric(rate/float64(n)/alone, "linear")
			}
		})
	}
}

func benchEmbedders(b *testing.B, n int, url string) (rate float64) {
	const inFlight, each = 32, 480
	var texts atomic.Int64
	transport := &http.Transport{MaxIdleConnsPerHost: 2 * n}
	defer transport.CloseIdleConnections()
	model := remote{client: &http.Client{Transport: transport}, url: url, texts: &texts}
	l := newLanes(b, model, config.Bulk{BulkFiles: 1 << 20})
	stop := start(b, l.ingest)
	repo := repoOf(b, n*each, "text")
	key := l.ask(b, repo)
	l.eventually(b, "the repository is ingested", func() bool {
		s, err := l.Catalog.Submissions.Status(b.Context(), key)
		return err == nil && s.State == "done"
	})
	stop()
	works := make([]func(context.Context) error, n)
	for i := range works {
		other := l.beside(b, model, 0)
		other.common.InFlight = inFlight
		works[i] = other.embed
	}
	began := time.Now()
	defer start(b, works...)()
	l.eventually(b, "most is embedded", func() bool { return texts.Load() >= int64(n*each*9/10) })
	return float64(texts.Load()) / time.Since(began).Seconds()
}

// BenchmarkPushDuringBackfill measures the time until a push of one file can be searched, while a
// repository of LEAT_BENCH_FILES files (default 20,000) is ingested for the first time. It makes as
// many pushes as fit into that, at most a hundred. Before that it measures ten pushes on idle
// workers, as the floor. Use -benchtime 1x.
func BenchmarkPushDuringBackfill(b *testing.B) {
	files := 20_000
	if text := os.Getenv("LEAT_BENCH_FILES"); text != "" {
		var err error
		if files, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		benchPushes(b, files)
	}
}

func benchPushes(b *testing.B, files int) {
	l := newLanes(b, embedder.Local{}, config.Bulk{})
	l.common.InFlight = 256
	p, large := newPusher(b, l), repoOf(b, files, "large")
	start(b, l.ingest, l.embed, l.index)
	l.done(b, l.ask(b, p.repo))
	p.listen(b)
	var quiet, took []time.Duration
	for range 10 {
		quiet = append(quiet, p.push(b))
	}
	began := time.Now()
	backfill := l.ask(b, large)
	l.eventually(b, "the backfill is under way", func() bool { return l.count(b, large, "indexed") > 0 })
	for len(took) < 100 {
		if s, err := l.Catalog.Submissions.Status(b.Context(), backfill); err == nil && s.Indexed {
			break
		}
		took = append(took, p.push(b))
	}
	done := l.count(b, large, "indexed")
	elapsed := time.Since(began)
	if len(took) < 20 {
		b.Fatalf("only %d pushes fit into the backfill: give more files", len(took))
	}
	b.ReportMetric(share(quiet, 50), "quiet-p50-ms")
	b.ReportMetric(share(quiet, 95), "quiet-p95-ms")
	b.ReportMetric(share(took, 50), "p50-ms")
	b.ReportMetric(share(took, 95), "p95-ms")
	b.ReportMetric(float64(len(took)), "pushes")
	b.ReportMetric(float64(done)/elapsed.Seconds(), "backfill-documents/s")
}

// share returns the duration that so many of a hundred do not exceed.
func share(list []time.Duration, of int) (milliseconds float64) {
	slices.Sort(list)
	return float64(list[min(len(list)*of/100, len(list)-1)].Milliseconds())
}

// pusher pushes to a small repository and waits until the push can be searched.
type pusher struct {
	*lanes
	repo    *testpipe.Repo
	tree    testpipe.Tree
	pushes  int
	indexed *nats.Subscription
	find    search.Searcher
}

func newPusher(b *testing.B, l *lanes) *pusher {
	p := &pusher{lanes: l, repo: testpipe.NewRepo(b), tree: make(testpipe.Tree)}
	for i := range 20 {
		p.tree[fmt.Sprintf("f%05d.txt", i)] = testpipe.File{Content: fmt.Sprintf("small %d\n", i)}
	}
	p.repo.Commit(b, p.tree)
	p.find = search.Searcher{Files: l.Catalog, Usage: l.Catalog.Usage, Points: l.Points, Blobs: l.Blobs, Embedder: l.Embedder, Generation: l.Generation}
	return p
}

func (p *pusher) listen(b *testing.B) {
	conn, err := nats.Connect(p.Addresses.NATS)
	must(b, err)
	b.Cleanup(conn.Close)
	id := events.RepositoryID(events.DefaultTenant, p.repo.Dir)
	p.indexed, err = conn.SubscribeSync("leat.document.indexed.*." + events.DefaultTenant + "." + id.String() + ".>")
	must(b, err)
	must(b, conn.Flush())
}

func (p *pusher) push(b *testing.B) time.Duration {
	p.pushes++
	token := fmt.Sprintf("pushed%04d", p.pushes)
	p.tree["f00007.txt"] = testpipe.File{Content: "this line was " + token + " just now\n"}
	p.repo.Commit(b, p.tree)
	began := time.Now()
	p.ask(b, p.repo)
	_, err := p.indexed.NextMsg(longPatience)
	must(b, err)
	found, err := p.find.Search(b.Context(), search.Query{Text: token, Tenant: events.DefaultTenant, Limit: 1})
	must(b, err)
	if len(found.Hits) == 0 || !strings.Contains(found.Hits[0].Text, token) {
		b.Fatalf("%s was indexed and is not found: %v", token, found)
	}
	return time.Since(began)
}
