package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// BenchmarkStart measures a process that does nothing: the time that every command takes
// beside its work.
func BenchmarkStart(b *testing.B) {
	program, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	var cpu time.Duration
	for b.Loop() {
		cmd := exec.Command(program)
		cmd.Args = []string{"leat", "--version"} // TestMain runs the command of this name
		if err := cmd.Run(); err != nil {
			b.Fatal(err)
		}
		cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	b.ReportMetric(float64(cpu.Microseconds())/1000/float64(b.N), "cpu-ms/op")
}

// BenchmarkSearchByServer measures 'leat search --server', and by how much it is slower than
// the HTTP call that it makes, in the same run. The gateway of the benchmark answers at once,
// with ten hits.
func BenchmarkSearchByServer(b *testing.B) {
	hit := `{"repository":"https://forge.example/mill","ref":"refs/heads/main","commit":"07337178395fde9103a4846c776200161324ec45","path":"lib/sluice.go",` +
		`"start_line":3,"end_line":9,"language":"Go","kind":"function","symbol":"Sluice","score":0.9,"text":"func Sluice(open bool) error {\n}\n","revision":1,"underway":false}`
	answer := `{"hits":[` + strings.Repeat(hit+",", 9) + hit + `],"generation":1}`
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, answer)
	}))
	defer gateway.Close()
	program, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	var cpu, above time.Duration
	for b.Loop() {
		start := time.Now()
		response, err := http.Get(gateway.URL + "/api/v1/search?query=sluice")
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		call := time.Since(start)

		cmd := exec.Command(program)
		cmd.Args = []string{"leat", "search", "sluice", "--json", "--server", gateway.URL}
		cmd.Env = append(os.Environ(), "LEAT_TOKEN=leat_benchmark")
		start = time.Now()
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "lib/sluice.go") {
			b.Fatalf("%v: %s", err, out)
		}
		above += time.Since(start) - call
		cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	b.ReportMetric(float64(cpu.Microseconds())/1000/float64(b.N), "cpu-ms/op")
	b.ReportMetric(float64(above.Microseconds())/1000/float64(b.N), "ms-above-call/op")
}
