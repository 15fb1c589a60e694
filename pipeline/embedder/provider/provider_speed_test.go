package provider_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/chunk"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/embedder/embeddertest"
	"github.com/leatworks/leat/pipeline/embedder/provider"
)

// Neither an error nor the log contains the key, whatever the server answers.
func TestNobodyHearsTheKey(t *testing.T) {
	for _, format := range formats {
		var log journal
		server := embeddertest.NewServer(t, embeddertest.ServerConfig{Format: format})
		cfg := config(t, format, server)
		t.Setenv("TEST_EMBEDDER_KEY", "sk-wrong-one")
		e, err := provider.Open(cfg, chunk.Parts, nil, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = e.Close() })
		errs := []error{e.Probe(t.Context())}
		_, err = e.Embed(t.Context(), []string{"q"}, embedder.Query)
		errs = append(errs, err)
		for i, err := range errs {
			if err == nil {
				t.Errorf("%s: answer %d to a wrong key is no error", format, i)
			}
		}
		if said := fmt.Sprint(errs, log.String()); strings.Contains(said, "sk-wrong") {
			t.Errorf("%s: the key is shown: %s", format, said)
		}
	}
}

// A query does not wait for a provider that is down.
func TestAQueryDoesNotWait(t *testing.T) {
	server := embeddertest.NewServer(t, embeddertest.ServerConfig{})
	cfg := config(t, "openai", server)
	cfg.OpenFor = time.Hour
	e := open(t, cfg)
	server.Script(embeddertest.Status(http.StatusBadGateway, "away"))
	_, err := e.Embed(t.Context(), []string{"q"}, embedder.Query)
	if kind, after := fault.Of(err); err == nil || kind != fault.KindRetry || after == 0 {
		t.Errorf("%v, after %s", err, after)
	}
}

// The second address takes over if it serves the same model.
func TestFallback(t *testing.T) {
	first := embeddertest.NewServer(t, embeddertest.ServerConfig{})
	second := embeddertest.NewServer(t, embeddertest.ServerConfig{})
	other := embeddertest.NewServer(t, embeddertest.ServerConfig{Shift: 7})
	cfg := config(t, "openai", first, other, second)
	cfg.OpenFor = time.Minute
	e := open(t, cfg)
	if err := e.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	away := slices.Repeat([]embeddertest.Fault{embeddertest.Status(http.StatusBadGateway, "away")}, 100)
	first.Script(away...)
	texts := sample(9)
	vectors, err := e.Embed(t.Context(), texts, embedder.Document)
	if err != nil {
		t.Fatal(err)
	}
	right(t, texts, vectors)
	if other.Stats().Requests != 1 || len(second.Answered()) < len(texts) {
		t.Errorf("another model was asked %d times, the same one answered %d texts", other.Stats().Requests, len(second.Answered()))
	}
}

// A server that does not answer in time gets fewer requests, and finally none.
func TestTimeouts(t *testing.T) {
	server := embeddertest.NewServer(t, embeddertest.ServerConfig{})
	cfg := config(t, "openai", server)
	cfg.Timeout = 250 * time.Millisecond
	e := open(t, cfg)
	server.Script(nil, embeddertest.Hang, embeddertest.Hang)
	texts := sample(6)
	vectors, err := e.Embed(t.Context(), texts, embedder.Document)
	if err != nil {
		t.Fatal(err)
	}
	right(t, texts, vectors)
}

// hook is called for each line of a log.
type hook func()

func (h hook) Write(line []byte) (int, error) { h(); return len(line), nil }

// A dead provider gets one request from time to time, and no text fails.
func TestADeadProviderIsLeftAlone(t *testing.T) {
	server := embeddertest.NewServer(t, embeddertest.ServerConfig{})
	cfg := config(t, "openai", server)
	cfg.OpenFor = time.Hour
	// The calls end when the embedder logs that the server does not answer.
	ctx, cancel := context.WithCancel(t.Context())
	e, err := provider.Open(cfg, chunk.Parts, nil, slog.New(slog.NewTextHandler(hook(cancel), nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	server.Script(embeddertest.Status(http.StatusInternalServerError, "dead"))
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			_, err := e.Embed(ctx, sample(20), embedder.Document)
			if kind, _ := fault.Of(err); !errors.Is(err, context.Canceled) || kind != fault.KindRetry {
				t.Errorf("%v", err)
			}
		})
	}
	wait.Wait()
	if n := server.Stats().Requests; n != 1 {
		t.Errorf("%d requests to a dead server", n)
	}
}

// spent is a shared limit that is used up for an hour.
type spent struct {
	mu       sync.Mutex
	requests int
}

func (s *spent) Reserve(_ context.Context, _ string, requests, _, _, _ int) (time.Duration, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests += requests
	return time.Hour, nil
}

// Queries and probes count against a limit and do not wait for it. Documents wait.
func TestQueriesAndProbesAreCounted(t *testing.T) {
	server := embeddertest.NewServer(t, embeddertest.ServerConfig{})
	cfg, limits := config(t, "openai", server), &spent{}
	cfg.RequestsPerMinute = 1
	e, err := provider.Open(cfg, chunk.Parts, limits, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	if _, err := e.Embed(t.Context(), []string{"q"}, embedder.Query); err != nil {
		t.Fatal(err)
	}
	if limits.requests != 2 || server.Stats().Requests != 2 {
		t.Errorf("%d requests are counted, want 2: the probe and the query; the server has seen %d", limits.requests, server.Stats().Requests)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := e.Embed(ctx, []string{"d"}, embedder.Document); !errors.Is(err, context.DeadlineExceeded) || len(server.Answered()) != 2 {
		t.Errorf("a document did not wait: %v", err)
	}
}

// load embeds n texts in calls of the size of a document, with as many calls at once as a worker makes. It reports how
// busy the server was, and the requests and waits that were wasted.
func load(b *testing.B, server *embeddertest.Server, e *provider.Embedder, slots int) {
	if err := e.Probe(b.Context()); err != nil {
		b.Fatal(err)
	}
	before := server.Stats()
	began := time.Now()
	calls := make(chan int)
	var wait sync.WaitGroup
	for range 256 {
		wait.Go(func() {
			for n := range calls {
				texts := make([]string, 8)
				for i := range texts {
					texts[i] = fmt.Sprintf("func number%d_%d() {}", n, i)
				}
				if _, err := e.Embed(b.Context(), texts, embedder.Document); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for n := 0; b.Loop(); n++ {
		for i := range 400 {
			calls <- n*400 + i
		}
	}
	close(calls)
	wait.Wait()
	took, after := time.Since(began), server.Stats()
	requests := after.Requests - before.Requests
	b.ReportMetric(100*float64(after.Busy-before.Busy)/float64(took)/float64(slots), "%busy")
	b.ReportMetric(100*float64(after.Refused-before.Refused)/float64(requests), "%wasted")
	b.ReportMetric(float64(requests)/took.Seconds(), "requests/s")
}

// BenchmarkBusy asks a server that takes 50 ms for a request, and accepts as many requests at once as are configured.
func BenchmarkBusy(b *testing.B) {
	server := embeddertest.NewServer(b, embeddertest.ServerConfig{Delay: 50 * time.Millisecond, AtOnce: 20})
	cfg := config(b, "openai", server)
	cfg.Concurrency, cfg.BatchItems = 20, 2
	load(b, server, open(b, cfg), 20)
}

// BenchmarkRefused asks the same server, which accepts fewer requests at once than are configured.
func BenchmarkRefused(b *testing.B) {
	server := embeddertest.NewServer(b, embeddertest.ServerConfig{Delay: 50 * time.Millisecond, AtOnce: 20})
	cfg := config(b, "openai", server)
	cfg.Concurrency, cfg.BatchItems = 64, 2
	load(b, server, open(b, cfg), 20)
}
