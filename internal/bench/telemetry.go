//go:build linux

package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/leatworks/leat/internal/stack"
)

// Telemetry compares cold ingests by workers that send traces, figures and logs with cold
// ingests by workers that do not. They alternate. Each ingests a repository of its own, of
// the same size.
type Telemetry struct {
	Pairs    int     `json:"pairs"`
	Without  Ingests `json:"without"`
	With     Ingests `json:"with"`
	Requests int64   `json:"requests"`     // that the collector took
	Overhead float64 `json:"cpu_overhead"` // of processor time: 0.01 is one hundredth
}

// Ingests are the medians of several cold ingests.
type Ingests struct {
	Seconds    float64 `json:"median_seconds"`
	CPUSeconds float64 `json:"median_cpu_seconds"` // of the four workers and their children
}

// telemetry runs the comparison over the stores of this run, with workers of its own.
func (r *run) telemetry(ctx context.Context) error {
	if r.cfg.Pairs == 0 {
		return nil
	}
	if err := end(slices.Collect(maps.Values(r.workers))); err != nil {
		return err
	}
	clear(r.workers)
	collector, err := newSink()
	if err != nil {
		return err
	}
	defer collector.close()
	t := &Telemetry{Pairs: r.cfg.Pairs}
	var seconds, cpu [2][]float64
	for n := range 2 * r.cfg.Pairs {
		var env []string
		which := 0
		if n%4 == 1 || n%4 == 2 { // without, with, with, without
			which, env = 1, []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + collector.url}
		}
		took, used, err := r.ingestOnce(ctx, n, env)
		if err != nil {
			return err
		}
		r.log.Info("cold ingest", "telemetry", which == 1, "took", took, "cpu", fixed(used, 2))
		seconds[which], cpu[which] = append(seconds[which], took.Seconds()), append(cpu[which], used)
	}
	t.Without, t.With = Ingests{middle(seconds[0]), middle(cpu[0])}, Ingests{middle(seconds[1]), middle(cpu[1])}
	t.Requests = collector.requests.Load()
	t.Overhead = t.With.CPUSeconds/t.Without.CPUSeconds - 1
	r.report.Telemetry = t
	return nil
}

// ingestOnce makes a repository, starts workers, and ingests it.
func (r *run) ingestOnce(ctx context.Context, n int, env []string) (took time.Duration, cpu float64, err error) {
	dir := filepath.Join(r.dir, fmt.Sprintf("telemetry%d", n))
	repo, err := invented(ctx, filepath.Join(dir, "repo.git"), r.cfg.Seed+1000+uint64(n), r.cfg.Files)
	if err != nil {
		return 0, 0, err
	}
	defer func() {
		err = errors.Join(err, end(slices.Collect(maps.Values(r.workers))))
		clear(r.workers)
	}()
	for _, name := range workerNames {
		w, err := stack.NewWorker(dir, r.logs, r.cfg.Bin, name, fmt.Sprintf("%s-%d", name, n), append(slices.Clone(r.env), env...))
		if err != nil {
			return 0, 0, err
		}
		r.workers[name] = w
		if err := w.Start(); err != nil {
			return 0, 0, err
		}
	}
	if err := r.awaitReady(ctx); err != nil {
		return 0, 0, err
	}
	w := &watcher{pids: make(map[string]int)}
	for name, p := range r.workers {
		w.pids[name] = p.PID()
	}
	before := w.cpu()
	if _, took, err = r.leat.submit(ctx, repo.dir); err != nil {
		return 0, 0, err
	}
	for name, now := range w.cpu() {
		cpu += now - before[name]
	}
	return took, cpu, nil
}

// middle is the median.
func middle(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	if half := len(list) / 2; len(list)%2 == 0 {
		return (list[half-1] + list[half]) / 2
	}
	return list[len(list)/2]
}

// sink takes what an OpenTelemetry collector would, and forgets it.
type sink struct {
	url      string
	requests atomic.Int64
	server   *http.Server
	served   chan struct{}
}

func newSink() (*sink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sink{url: "http://" + l.Addr().String(), served: make(chan struct{})}
	s.server = &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
	})}
	go func() {
		_ = s.server.Serve(l) // until close
		close(s.served)
	}()
	return s, nil
}

func (s *sink) close() {
	_ = s.server.Close()
	<-s.served
}

// write prints the comparison for people.
func (t *Telemetry) write(w io.Writer) {
	fmt.Fprintf(w, "\ntelemetry, %d pairs of cold ingests in alternation: %.2f s without, %.2f s with; processor time of the workers %.2f s and %.2f s (%+.1f %%)\n",
		t.Pairs, t.Without.Seconds, t.With.Seconds, t.Without.CPUSeconds, t.With.CPUSeconds, 100*t.Overhead)
}
