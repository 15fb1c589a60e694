package blob_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/testenv/cputime"
	"github.com/leatworks/leat/pipeline/blob"
)

// BenchmarkSealing compares sealed packs with others, by processor time: x-plain is how often
// that of plain packs a sealed one takes. Texts are small files; records of vectors are as
// large as those of 384 dimensions. The S3 server runs in the same process.
func BenchmarkSealing(b *testing.B) {
	texts, _ := sources()
	records := make([][]byte, 2000)
	for i := range records {
		records[i] = make([]byte, 4*384+400)
		for at := range records[i] {
			records[i][at] = byte(rand.Uint32())
		}
	}
	for kind, items := range map[blob.Kind][][]byte{blob.Text: texts, blob.Vector: records} {
		stores := [2]*blob.Store{open(b, config()), with(b, config(), "A")}
		b.Run("write/"+string(kind), func(b *testing.B) {
			ratio(b, func(i int) {
				if _, _, err := fill(b, stores[i], kind, items).Put(b.Context()); err != nil {
					b.Fatal(err)
				}
			})
		})
		b.Run("read/"+string(kind), func(b *testing.B) {
			var spans [2][]blob.Span
			for i, store := range stores {
				var err error
				if _, spans[i], err = fill(b, store, kind, items).Put(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			ratio(b, func(i int) {
				if err := stores[i].Read(b.Context(), spans[i], func(int, []byte) error { return nil }); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

// ratio does the plain and the sealed form of something in turns.
func ratio(b *testing.B, do func(i int)) {
	var used [2]time.Duration
	for b.Loop() {
		for i := range used {
			before := cputime.Used(b)
			do(i)
			used[i] += cputime.Used(b) - before
		}
	}
	b.ReportMetric(float64(used[1])/float64(used[0]), "x-plain")
}
