package worker

import (
	"fmt"
	"net/http"
	"os"
	"runtime/metrics"
	"strings"
	"sync/atomic"
	"time"
)

// started is when the process began, as nearly as it matters.
var started = time.Now()

// gauge is one figure of the process, under the name by which Prometheus and
// its dashboards know it. One whose name ends in _total counts.
type gauge struct {
	name, help string
	read       func() (value float64, known bool)
}

var gauges = []gauge{
	{"go_goroutines", "Goroutines that exist.", sampled("/sched/goroutines:goroutines")},
	{"go_memstats_heap_alloc_bytes", "Bytes of heap objects.", sampled("/memory/classes/heap/objects:bytes")},
	{"go_memstats_sys_bytes", "Bytes of memory that the Go runtime holds.", sampled("/memory/classes/total:bytes")},
	{"process_open_fds", "Open file descriptors.", openFiles},
	{"process_start_time_seconds", "When the process started, in seconds since 1970.", func() (float64, bool) {
		return float64(started.UnixMilli()) / 1000, true
	}},
	{"leat_embedding_calls_total", "Calls of the embedding model.", counted(&embeddingCalls)},
	{"leat_embedding_texts_total", "Texts in calls of the embedding model.", counted(&embeddingTexts)},
}

func (g gauge) kind() string {
	if strings.HasSuffix(g.name, "_total") {
		return "counter"
	}
	return "gauge"
}

// serveMetrics writes the gauges in Prometheus' text format. What the system
// does not tell is left out.
func serveMetrics(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	for _, g := range gauges {
		if value, known := g.read(); known {
			fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n%s %v\n", g.name, g.help, g.name, g.kind(), g.name, value)
		}
	}
}

// counted reads one of leat's own counters.
func counted(n *atomic.Int64) func() (float64, bool) {
	return func() (float64, bool) { return float64(n.Load()), true }
}

// sampled reads one of the runtime's own figures.
func sampled(name string) func() (float64, bool) {
	return func() (float64, bool) {
		sample := []metrics.Sample{{Name: name}}
		metrics.Read(sample)
		if sample[0].Value.Kind() != metrics.KindUint64 {
			return 0, false
		}
		return float64(sample[0].Value.Uint64()), true
	}
}

// openFiles counts, where there is a /proc, what this process holds open. The
// descriptor that it is counted with is none of them.
func openFiles() (float64, bool) {
	dir, err := os.Open("/proc/self/fd")
	if err != nil {
		return 0, false
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	return float64(len(names) - 1), err == nil
}
