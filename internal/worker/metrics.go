package worker

import (
	"fmt"
	"net/http"
	"os"
	"runtime/metrics"
	"time"
)

// started is when the process began, as nearly as it matters.
var started = time.Now()

// gauge is one figure of the process, under the name by which Prometheus and
// its dashboards know it.
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
}

// serveMetrics writes the gauges in Prometheus' text format. What the system
// does not tell is left out.
func serveMetrics(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	for _, g := range gauges {
		if value, known := g.read(); known {
			fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s gauge\n%s %v\n", g.name, g.help, g.name, g.name, value)
		}
	}
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
