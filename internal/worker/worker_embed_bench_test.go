package worker_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/chunk"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/embedder/provider"
)

// The server of the benchmarks: the duration of a request, and the requests it takes at once.
const (
	modelDelay      = 50 * time.Millisecond
	modelAtOnce     = 20
	modelDimensions = 384
)

// modelServer speaks OpenAI's format. It takes hardly any processor time, since a real model runs
// on another machine: its vectors were made before and mean nothing.
type modelServer struct {
	*httptest.Server
	vectors []string // as base64

	mu                       sync.Mutex
	atOnce, sent, refused, n int           // requests now, answered, refused; texts
	busy                     time.Duration // sum of the durations of requests
	first                    time.Time     // time of the first request that was not a probe
}

func newModelServer(b *testing.B) *modelServer {
	s := &modelServer{}
	for range 64 {
		raw := make([]byte, 0, 4*modelDimensions)
		for range modelDimensions {
			raw = append(raw, byte(rand.Uint32()), byte(rand.Uint32()), byte(rand.Uint32()), 0x3c) // about 0.01
		}
		s.vectors = append(s.vectors, base64.StdEncoding.EncodeToString(raw))
	}
	s.Server = httptest.NewServer(s)
	b.Cleanup(s.Close)
	return s
}

func (s *modelServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began, enough := s.enter()
	if enough {
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	var q struct {
		Input []json.RawMessage `json:"input"`
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, &q)
	}
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
	}
	var answer bytes.Buffer
	answer.WriteString(`{"data":[`)
	for i := range q.Input {
		if i > 0 {
			answer.WriteByte(',')
		}
		fmt.Fprintf(&answer, `{"index":%d,"embedding":"%s"}`, i, s.vectors[i%len(s.vectors)])
	}
	answer.WriteString(`]}`)
	time.Sleep(modelDelay - time.Since(began))
	s.leave(began, len(q.Input))
	_, _ = w.Write(answer.Bytes())
}

func (s *modelServer) enter() (began time.Time, enough bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.atOnce >= modelAtOnce {
		s.refused++
		return now, true
	}
	s.atOnce++
	return now, false
}

func (s *modelServer) leave(began time.Time, texts int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.atOnce--
	if s.first.IsZero() {
		if texts == 1 {
			return // the probe, before there is work
		}
		s.first = began
	}
	s.sent++
	s.n += texts
	s.busy += time.Since(began)
}

func (s *modelServer) texts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n
}

// report reports how busy the server was, and how many requests it refused.
func (s *modelServer) report(b *testing.B) {
	s.mu.Lock()
	defer s.mu.Unlock()
	took := time.Since(s.first)
	b.ReportMetric(100*float64(s.busy)/float64(took)/modelAtOnce, "%busy")
	b.ReportMetric(100*float64(s.refused)/float64(s.sent+s.refused), "%wasted")
	b.ReportMetric(float64(s.n)/took.Seconds(), "texts/s")
	b.ReportMetric(float64(s.n)/float64(s.sent), "texts/request")
}

// functions makes a repository of n files of eight chunks each.
func functions(b *testing.B, n int) *testpipe.Repo {
	repo, tree := testpipe.NewRepo(b), make(testpipe.Tree)
	for i := range n {
		var file strings.Builder
		file.WriteString("package numbers\n")
		for k := range 8 {
			fmt.Fprintf(&file, "\nfunc number%d_%d(list []int) int {\n", i, k)
			for line := range 12 {
				fmt.Fprintf(&file, "\tlist[%d] = list[%d] * %d\n", line, line+1, i*line+k)
			}
			file.WriteString("\treturn list[0]\n}\n")
		}
		tree[fmt.Sprintf("f%05d.go", i)] = testpipe.File{Content: file.String()}
	}
	repo.Commit(b, tree)
	return repo
}

// benchModel lets one embedder with the default configuration work off a backlog of documents, from
// its stream to the next, with a model at an HTTP server. It leaves out the last twentieth of the
// texts, when there is not enough work for all requests.
func benchModel(b *testing.B, concurrency, items int) {
	const files = 6000
	for b.Loop() {
		server := newModelServer(b)
		cfg := provider.Config{
			Name: embedder.LocalName, Provider: "openai", Model: "bench", Dimensions: modelDimensions, KeyEnv: "LEAT_BENCH_KEY",
			URLs: []string{server.URL}, Concurrency: concurrency, BatchItems: items, MaxTokens: 8191, Encoding: "base64",
		}
		model, err := provider.Open(cfg, chunk.Parts, nil, slog.New(slog.DiscardHandler))
		must(b, err)
		l := newLanes(b, model, config.Bulk{BulkFiles: 1 << 20})
		l.common.InFlight = config.DefaultInFlight
		stop := start(b, l.ingest)
		key := l.ask(b, functions(b, files))
		l.eventually(b, "the repository is ingested", func() bool {
			s, err := l.Catalog.Submissions.Status(b.Context(), key)
			return err == nil && s.State == "done"
		})
		stop()
		stop = start(b, l.embed)
		l.eventually(b, "most is embedded", func() bool { return server.texts() >= 8*files*95/100 })
		server.report(b)
		stop()
		must(b, model.Close())
	}
}

// BenchmarkModelBusy shows how busy an embedder keeps a server whose limit it knows, for several
// bounds on the texts of a request. Use -benchtime 1x.
func BenchmarkModelBusy(b *testing.B) {
	for _, items := range []int{8, 16, 32, 2048} {
		b.Run(fmt.Sprint(items), func(b *testing.B) { benchModel(b, modelAtOnce, items) })
	}
}

// BenchmarkModelRefuses shows how many requests a server refuses whose limit the embedder does not
// know. Use -benchtime 1x.
func BenchmarkModelRefuses(b *testing.B) { benchModel(b, 64, 8) }
