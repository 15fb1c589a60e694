//go:build linux

package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/leatworks/leat/internal/stack"
)

// Telemetry compares cold ingests by workers that send traces, figures and logs with cold
// ingests by workers that do not. They alternate. Each ingests a repository of its own, of
// the same size, and counts until its symbol graph is made, too.
//
// The children of the workers, which are git and parsers, have no telemetry. They count in
// the whole that the overhead is a part of; what differs is the workers' own time, so that
// the children's differences from run to run do not blur it.
type Telemetry struct {
	Pairs    int     `json:"pairs"`
	Without  Ingests `json:"without"`
	With     Ingests `json:"with"`
	Requests int64   `json:"requests"` // that the collector took
	Spans    int64   `json:"spans"`
	Overhead float64 `json:"cpu_overhead"`       // of processor time, the mean of the pairs: 0.01 is one hundredth
	Error    float64 `json:"cpu_overhead_error"` // the standard error of this mean; 0: there is one pair

	// Share is the part of the workers' own processor time that telemetry takes, by profiles
	// of the ingests with it. What else differs between two runs does not blur it.
	Share      float64 `json:"cpu_share"`
	ShareError float64 `json:"cpu_share_error"` // the standard error, by the number of samples
}

// Ingests are the medians of several cold ingests.
type Ingests struct {
	Seconds    float64 `json:"median_seconds"`
	CPUSeconds float64 `json:"median_cpu_seconds"`     // of the four workers and their children
	OwnSeconds float64 `json:"median_own_cpu_seconds"` // of the four workers
}

// ingested is one cold ingest.
type ingested struct {
	seconds, cpu, own float64
	profiles          []string // of the workers
}

// lastSent is how long after an ingest its last spans and log lines have been sent: they
// wait for others for at most five seconds.
const lastSent = 5500 * time.Millisecond

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
	var all [2][]ingested
	for n := range 2 * r.cfg.Pairs {
		var env []string
		which := 0
		if n%4 == 1 || n%4 == 2 { // without, with, with, without
			which, env = 1, []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + collector.url}
		}
		one, err := r.ingestOnce(ctx, n, env)
		if err != nil {
			return err
		}
		r.log.Info("cold ingest", "telemetry", which == 1, "took", fixed(one.seconds, 2), "cpu", fixed(one.cpu, 3), "own", fixed(one.own, 3))
		all[which] = append(all[which], one)
	}
	t := compared(all[0], all[1])
	if t.Share, t.ShareError, err = shareOf(all[1]); err != nil {
		return err
	}
	t.Requests, t.Spans = collector.requests.Load(), collector.spans.Load()
	r.report.Telemetry = &t
	return nil
}

// compared compares ingests in pairs.
func compared(without, with []ingested) Telemetry {
	t := Telemetry{Pairs: len(with), Without: mediansOf(without), With: mediansOf(with)}
	whole := 0.0
	for _, one := range without {
		whole += one.cpu / float64(t.Pairs)
	}
	var more []float64
	for i := range with {
		more = append(more, (with[i].own-without[i].own)/whole)
		t.Overhead += more[i] / float64(t.Pairs)
	}
	if n := float64(t.Pairs); n > 1 {
		squares := 0.0
		for _, m := range more {
			squares += (m - t.Overhead) * (m - t.Overhead)
		}
		t.Error = math.Sqrt(squares / (n - 1) / n)
	}
	return t
}

func mediansOf(list []ingested) Ingests {
	middle := func(of func(ingested) float64) float64 {
		var all []float64
		for _, one := range list {
			all = append(all, of(one))
		}
		slices.Sort(all)
		if half := len(all) / 2; len(all)%2 == 0 {
			return (all[half-1] + all[half]) / 2
		}
		return all[len(all)/2]
	}
	return Ingests{
		Seconds:    middle(func(i ingested) float64 { return i.seconds }),
		CPUSeconds: middle(func(i ingested) float64 { return i.cpu }),
		OwnSeconds: middle(func(i ingested) float64 { return i.own }),
	}
}

// ingestOnce makes a repository, starts workers, and ingests it. Its workers are profiled in
// any case.
func (r *run) ingestOnce(ctx context.Context, n int, env []string) (one ingested, err error) {
	dir := filepath.Join(r.dir, fmt.Sprintf("telemetry%d", n))
	repo, err := invented(ctx, filepath.Join(dir, "repo.git"), r.cfg.Seed+1000+uint64(n), r.cfg.Files)
	if err != nil {
		return one, err
	}
	defer func() {
		err = errors.Join(err, end(slices.Collect(maps.Values(r.workers))))
		clear(r.workers)
	}()
	w := &watcher{pids: make(map[string]int)}
	for _, name := range workerNames {
		as := fmt.Sprintf("%s-%d", name, n)
		file := filepath.Join(r.dir, as+".pprof")
		one.profiles = append(one.profiles, file)
		env := append(slices.Clone(r.env), append(env, "LEAT_PROFILE="+file)...)
		p, err := stack.NewWorker(dir, r.logs, r.cfg.Bin, name, as, env)
		if err != nil {
			return one, err
		}
		r.workers[name] = p
		if err := p.Start(); err != nil {
			return one, err
		}
		w.pids[name] = p.PID()
	}
	if err := r.awaitReady(ctx); err != nil {
		return one, err
	}
	if err := r.leat.awaitGraphs(ctx); err != nil {
		return one, err
	}
	cpu, own := w.total()
	_, took, err := r.leat.submit(ctx, repo.dir)
	if err != nil {
		return one, err
	}
	if err := r.leat.awaitGraphs(ctx); err != nil {
		return one, err
	}
	select {
	case <-time.After(lastSent):
	case <-ctx.Done():
		return one, ctx.Err()
	}
	cpuAfter, ownAfter := w.total()
	one.seconds, one.cpu, one.own = took.Seconds(), cpuAfter-cpu, ownAfter-own
	return one, nil
}

// total returns the seconds of processor time of all processes, with their children and
// without.
func (w *watcher) total() (cpu, own float64) {
	for name, taken := range w.cpu() {
		cpu += taken
		own += ownSeconds(w.pids[name])
	}
	return cpu, own
}

// sink takes what an OpenTelemetry collector would, and forgets it.
type sink struct {
	url      string
	requests atomic.Int64
	spans    atomic.Int64
	server   *http.Server
	served   chan struct{}
}

func newSink() (*sink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sink{url: "http://" + l.Addr().String(), served: make(chan struct{})}
	s.server = &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(s.take)}
	go func() {
		_ = s.server.Serve(l) // until close
		close(s.served)
	}()
	return s, nil
}

func (s *sink) take(_ http.ResponseWriter, r *http.Request) {
	s.requests.Add(1)
	body, err := io.ReadAll(r.Body)
	if err != nil || r.URL.Path != "/v1/traces" {
		return
	}
	var data tracepb.TracesData // on the wire the same as the request
	if proto.Unmarshal(body, &data) != nil {
		return
	}
	for _, resource := range data.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			s.spans.Add(int64(len(scope.Spans)))
		}
	}
}

func (s *sink) close() {
	_ = s.server.Close()
	<-s.served
}

// write prints the comparison for people.
func (t *Telemetry) write(w io.Writer) {
	fmt.Fprintf(w, "\ntelemetry, %d pairs of cold ingests in alternation: %.2f s without, %.2f s with; processor time of the workers and their children %.2f s and %.2f s, of the workers alone %.2f s and %.2f s\n",
		t.Pairs, t.Without.Seconds, t.With.Seconds, t.Without.CPUSeconds, t.With.CPUSeconds, t.Without.OwnSeconds, t.With.OwnSeconds)
	fmt.Fprintf(w, "  overhead %+.1f %% of processor time, standard error %.1f %%; %d spans\n", 100*t.Overhead, 100*t.Error, t.Spans)
	fmt.Fprintf(w, "  by profiles, telemetry takes %.2f %% of the workers' own processor time, standard error %.2f %%\n", 100*t.Share, 100*t.ShareError)
}
