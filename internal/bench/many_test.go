//go:build linux

package bench

import (
	"testing"
	"time"

	"github.com/leatworks/leat/internal/testenv/leak"
)

// TestManyShort is a small make bench of many repositories. It checks counts, and never durations.
func TestManyShort(t *testing.T) {
	if testing.Short() {
		t.Skip("starts eight processes")
	}
	t.Cleanup(func() { leak.VerifyNone(t) })
	report, err := Run(t.Context(), Config{Many: 3, Poll: 3 * time.Second, Seed: 1, Fast: true, Out: t.Output(), Dir: t.TempDir(), Bin: binaries(t)})
	report.Write(t.Output())
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Phases) != 1 || report.Many == nil || report.Many.Polls == nil {
		t.Fatalf("%d phases, %+v", len(report.Phases), report.Many)
	}
	one := report.Phases[0]
	for name, items := range map[string]int64{"git init": 3, "git fetch": 3, "embed": one.EmbeddedTexts, "Qdrant upsert": one.Chunks} {
		if f := floorOf(one, name); f.Items != items || items == 0 {
			t.Errorf("the floor of %s has %d items, want %d", name, f.Items, items)
		}
	}
	if m := report.Many; m.Status.P50 == 0 || m.Page.P50 == 0 || m.Search.P50 == 0 || m.Look.P50 == 0 || m.StatusBusy.P50 == 0 {
		t.Errorf("%+v", m)
	}
	if p := report.Many.Polls; p.Polled > 3 || p.Others > 0 {
		t.Errorf("polls took more than a git ls-remote each: %+v", p)
	}
}
