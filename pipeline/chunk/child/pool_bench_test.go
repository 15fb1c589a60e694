package child

import (
	"testing"

	"github.com/leatworks/leat/internal/testenv/cputime"
	"github.com/leatworks/leat/pipeline/chunk"
)

// BenchmarkSmallText cuts one small text, as a small change does: in the process itself,
// in a child that waits for it, and in one that has to start first. cpu-us is the
// processor time of this process.
func BenchmarkSmallText(b *testing.B) {
	text := []chunk.Text{{Language: "Python", Bytes: []byte(source)}}
	run := func(b *testing.B, cut func() error) {
		began := cputime.Used(b)
		n := 0
		for b.Loop() {
			n++
			if err := cut(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64((cputime.Used(b)-began).Microseconds())/float64(n), "cpu-us/op")
	}
	b.Run("in process", func(b *testing.B) {
		run(b, func() error { _, err := InProcess{}.Cut(b.Context(), text); return err })
	})
	b.Run("waiting", func(b *testing.B) {
		p := open(b, Config{Children: 1})
		run(b, func() error { _, err := p.Cut(b.Context(), text); return err })
	})
	b.Run("started", func(b *testing.B) {
		p := open(b, Config{Children: 1, Texts: 1})
		run(b, func() error { _, err := p.Cut(b.Context(), text); return err })
	})
}
