//go:build linux

package bench

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/pprof/profile"

	"github.com/leatworks/leat/internal/telemetry"
)

// Telemetry's share includes its own code, the goroutines that send, and its part of the garbage
// collector's time.
func TestShareOfTelemetry(t *testing.T) {
	p := &profile.Profile{SampleType: []*profile.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}}}
	sample := func(hits int64, label string, stack ...string) {
		s := &profile.Sample{Value: []int64{hits, hits * 10_000_000}}
		if label != "" {
			s.Label = map[string][]string{telemetry.ProfileLabel: {label}}
		}
		for _, name := range stack {
			id := uint64(len(p.Function) + 1)
			f := &profile.Function{ID: id, Name: name}
			l := &profile.Location{ID: id, Line: []profile.Line{{Function: f}}}
			p.Function, p.Location, s.Location = append(p.Function, f), append(p.Location, l), append(s.Location, l)
		}
		p.Sample = append(p.Sample, s)
	}
	sample(2, "", "runtime.mapassign", "go.opentelemetry.io/otel/sdk/trace.(*tracer).Start", "main.work") // 0.02 s
	sample(1, "sends", "net/http.(*persistConn).writeLoop")                                               // 0.01 s
	sample(1, "", "runtime.mallocgc", "go.opentelemetry.io/otel/attribute.NewSet")                        // 0.01 s, a quarter of what allocates
	sample(3, "", "runtime.mallocgc", "main.work")
	sample(8, "", "runtime.scanObject", "runtime.gcBgMarkWorker") // 0.08 s, of which a quarter
	sample(85, "", "main.work")
	file := filepath.Join(t.TempDir(), "worker.pprof")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Write(out); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	share, deviation, err := shareOf([]ingested{{own: 1, profiles: []string{file}}})
	if err != nil || math.Abs(share-0.06) > 1e-9 || math.Abs(deviation-0.03) > 1e-9 {
		t.Errorf("%v, %v, %v; want 0.06, 0.03", share, deviation, err)
	}
}
