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
	"strconv"
	"sync/atomic"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	"github.com/leatworks/leat/internal/bench/process"
	"github.com/leatworks/leat/internal/stack"
	"github.com/leatworks/leat/internal/wait"
)

// Telemetry compares cold ingests by workers that send traces, figures and logs with cold
// ingests by workers that do not.
//
// Two installations ingest the same repository at the same time, one of them with telemetry, and
// take turns in that. So nothing else differs within a pair: neither the content, nor the amount of
// data held already, nor the load of the machine, which matters because workers that wait longer
// ask more often. Each ingest counts until its symbol graph is made too.
//
// The children of the workers, which are git and parsers, have no telemetry. Their time is part of
// the whole to which the overhead is related. The overhead itself is the difference of the workers'
// own time, so that the children's differences from run to run do not blur it.
type Telemetry struct {
	Pairs    int     `json:"pairs"`
	Without  Ingests `json:"without"`
	With     Ingests `json:"with"`
	Requests int64   `json:"requests"` // requests that the collector took
	Spans    int64   `json:"spans"`
	Overhead float64 `json:"cpu_overhead"`        // overhead of processor time, the mean of the pairs: 0.01 is one hundredth
	Error    float64 `json:"cpu_overhead_error"`  // the standard error of this mean; 0: there is only one pair
	Middle   float64 `json:"cpu_overhead_median"` // the median of the pairs

	// Share is the part of the workers' own processor time that telemetry takes, by profiles of the
	// ingests with it. Other differences between two runs do not blur it.
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

// lastSent is the time after an ingest by which its last spans and log lines have been sent. They
// wait for others for at most five seconds.
const lastSent = 5500 * time.Millisecond

// telemetry runs the comparison with stores and workers of its own.
func (r *run) telemetry(ctx context.Context) (err error) {
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
	var sides [2]*run
	for i := range sides {
		if sides[i], err = r.side(ctx, fmt.Sprintf("side%d", i)); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, sides[i].stop()) }()
	}
	var all [2][]ingested
	for n := range r.cfg.Pairs {
		repo, err := invented(ctx, filepath.Join(r.dir, fmt.Sprintf("telemetry%d.git", n)), r.cfg.Seed+1000+uint64(n), r.cfg.Files)
		if err != nil {
			return err
		}
		with := (n + n/2) % 2 // 0, 1, 1, 0
		var pair [2]ingested
		at, ctx := errgroup.WithContext(ctx)
		for i, side := range sides {
			var env []string
			if i == with {
				env = []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + collector.url}
			}
			at.Go(func() (err error) { pair[i], err = side.ingestOnce(ctx, n, repo, env); return err })
		}
		if err := at.Wait(); err != nil {
			return err
		}
		for i, one := range pair {
			r.log.Info("cold ingest", "telemetry", i == with, "took", fixed(one.seconds, 2), "cpu", fixed(one.cpu, 3), "own", fixed(one.own, 3))
		}
		all[0], all[1] = append(all[0], pair[1-with]), append(all[1], pair[with])
	}
	t := compared(all[0], all[1])
	if t.Share, t.ShareError, err = shareOf(all[1]); err != nil {
		return err
	}
	t.Requests, t.Spans = collector.requests.Load(), collector.spans.Load()
	r.report.Telemetry = &t
	return nil
}

// side starts stores beside those of this run.
func (r *run) side(ctx context.Context, name string) (*run, error) {
	cfg := r.cfg
	cfg.Dir = filepath.Join(r.dir, name)
	s, err := prepare(cfg)
	if err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) error{s.startStores, s.address, s.start} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, s.stop())
		}
	}
	return s, nil
}

// start runs workers until they have prepared new stores, and opens these.
func (r *run) start(ctx context.Context) error {
	if err := r.launch(r.dir, "first", r.env); err != nil {
		return err
	}
	if err := r.awaitReady(ctx); err != nil {
		return err
	}
	var err error
	r.leat, err = open(ctx, r.endpoints())
	err = errors.Join(err, end(slices.Collect(maps.Values(r.workers))))
	clear(r.workers)
	return err
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
	t.Middle = medianOf(slices.Clone(more))
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
		return medianOf(all)
	}
	return Ingests{
		Seconds:    middle(func(i ingested) float64 { return i.seconds }),
		CPUSeconds: middle(func(i ingested) float64 { return i.cpu }),
		OwnSeconds: middle(func(i ingested) float64 { return i.own }),
	}
}

// medianOf returns the median of a list, which it sorts.
func medianOf(list []float64) float64 {
	slices.Sort(list)
	if half := len(list) / 2; len(list)%2 == 0 {
		return (list[half-1] + list[half]) / 2
	}
	return list[len(list)/2]
}

// ingestOnce starts workers, ingests a repository, and ends the workers. It always profiles them.
func (r *run) ingestOnce(ctx context.Context, n int, repo repository, env []string) (one ingested, err error) {
	defer func() {
		err = errors.Join(err, end(slices.Collect(maps.Values(r.workers))))
		clear(r.workers)
	}()
	as := strconv.Itoa(n)
	if err := r.launch(filepath.Join(r.dir, as), as, slices.Concat(r.env, env)); err != nil {
		return one, err
	}
	w := &watcher{pids: make(map[string]int)}
	for name, p := range r.workers {
		w.pids[name] = p.PID()
		one.profiles = append(one.profiles, r.profileOf(name, as))
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
	if err := wait.For(ctx, lastSent); err != nil {
		return one, err
	}
	cpuAfter, ownAfter := w.total()
	one.seconds, one.cpu, one.own = took.Seconds(), cpuAfter-cpu, ownAfter-own
	return one, nil
}

// launch starts the four workers with profiles.
func (r *run) launch(dir, as string, env []string) error {
	for _, name := range workerNames {
		p, err := stack.NewWorker(dir, r.logs, r.cfg.Bin, name, name+"-"+as, append(slices.Clone(env), "LEAT_PROFILE="+r.profileOf(name, as)))
		if err != nil {
			return err
		}
		r.workers[name] = p
		if err := p.Start(); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) profileOf(name, as string) string {
	return filepath.Join(r.dir, name+"-"+as+".pprof")
}

// total returns the seconds of processor time of all processes, with their children and
// without.
func (w *watcher) total() (cpu, own float64) {
	for name, taken := range w.cpu() {
		cpu += taken
		own += process.OwnSeconds(w.pids[name])
	}
	return cpu, own
}

// sink accepts the requests of an OpenTelemetry collector, and drops the content.
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
	fmt.Fprintf(w, "\ntelemetry, %d pairs of cold ingests at the same time: %.2f s without, %.2f s with; processor time of the workers and their children %.2f s and %.2f s, of the workers alone %.2f s and %.2f s\n",
		t.Pairs, t.Without.Seconds, t.With.Seconds, t.Without.CPUSeconds, t.With.CPUSeconds, t.Without.OwnSeconds, t.With.OwnSeconds)
	fmt.Fprintf(w, "  overhead %+.1f %% of processor time, standard error %.1f %%, median %+.1f %%; %d spans\n", 100*t.Overhead, 100*t.Error, 100*t.Middle, t.Spans)
	fmt.Fprintf(w, "  by profiles, telemetry takes %.2f %% of the workers' own processor time, standard error %.2f %%\n", 100*t.Share, 100*t.ShareError)
}
