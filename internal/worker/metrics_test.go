package worker

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"
)

// gaugeOf asks for the metrics, and returns one of them.
func gaugeOf(t *testing.T, name string) float64 {
	t.Helper()
	w := httptest.NewRecorder()
	serveMetrics(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
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

func TestMetricsFollowTheProcess(t *testing.T) {
	const more = 100
	before := gaugeOf(t, "go_goroutines")
	release := make(chan struct{})
	defer close(release)
	for range more {
		go func() { <-release }()
	}
	if after := gaugeOf(t, "go_goroutines"); after < before+more/2 {
		t.Errorf("%v goroutines, and %v after %d more were started", before, after, more)
	}
	if gaugeOf(t, "go_memstats_sys_bytes") < gaugeOf(t, "go_memstats_heap_alloc_bytes") {
		t.Error("more heap than memory")
	}
	if gaugeOf(t, "process_start_time_seconds") == 0 {
		t.Error("no time of start")
	}
	if runtime.GOOS != "linux" {
		return
	}
	before = gaugeOf(t, "process_open_fds")
	var files []*os.File
	for range more {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files = append(files, f)
	}
	if after := gaugeOf(t, "process_open_fds"); after < before+more/2 {
		t.Errorf("%v open files, and %v after %d more were opened", before, after, len(files))
	}
}
