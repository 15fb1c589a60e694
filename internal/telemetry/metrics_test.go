package telemetry_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/leatworks/leat/internal/telemetry"
)

// gaugeOf asks for the metrics, and returns one of them.
func gaugeOf(t *testing.T, m *telemetry.Metrics, name string) float64 {
	t.Helper()
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(w.Body.String()) {
		if text, found := strings.CutPrefix(line, name+" "); found {
			var value float64
			if _, err := fmt.Sscan(text, &value); err != nil {
				t.Fatalf("%s is %q: %v", name, text, err)
			}
			return value
		}
	}
	t.Fatalf("no %s in\n%s", name, w.Body)
	return 0
}

func newMetrics(t *testing.T) *telemetry.Metrics {
	t.Helper()
	m, err := telemetry.NewMetrics(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return m
}

func TestMetricsFollowTheProcess(t *testing.T) {
	m := newMetrics(t)
	const more = 100
	before := gaugeOf(t, m, "go_goroutines")
	release := make(chan struct{})
	defer close(release)
	for range more {
		go func() { <-release }()
	}
	if after := gaugeOf(t, m, "go_goroutines"); after < before+more/2 {
		t.Errorf("%v goroutines, and %v after %d more were started", before, after, more)
	}
	if gaugeOf(t, m, "go_memstats_sys_bytes") < gaugeOf(t, m, "go_memstats_heap_alloc_bytes") {
		t.Error("more heap than memory")
	}
	if gaugeOf(t, m, "process_start_time_seconds") == 0 {
		t.Error("no time of start")
	}
	if runtime.GOOS != "linux" {
		return
	}
	before = gaugeOf(t, m, "process_open_fds")
	var files []*os.File
	for range more {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files = append(files, f)
	}
	if after := gaugeOf(t, m, "process_open_fds"); after < before+more/2 {
		t.Errorf("%v open files, and %v after %d more were opened", before, after, len(files))
	}
}

// Two workers in one process share an instrument of the same name. A second set of metrics beside
// them has a registry of its own.
func TestWorkersShareInstruments(t *testing.T) {
	m, other := newMetrics(t), newMetrics(t)
	for _, worker := range []string{"ingestor", "embedder"} {
		counter, err := m.Meter().Int64Counter("leat_messages")
		if err != nil {
			t.Fatal(err)
		}
		counter.Add(t.Context(), 2, metric.WithAttributes(attribute.String("worker", worker)))
	}
	total, err := other.Meter().Int64Counter("leat_messages")
	if err != nil {
		t.Fatal(err)
	}
	total.Add(t.Context(), 5)
	for _, worker := range []string{"ingestor", "embedder"} {
		if n := gaugeOf(t, m, `leat_messages_total{worker="`+worker+`"}`); n != 2 {
			t.Errorf("%s: %v messages, want 2", worker, n)
		}
	}
	if n := gaugeOf(t, other, "leat_messages_total"); n != 5 {
		t.Errorf("%v messages in the other registry, want 5", n)
	}
}
