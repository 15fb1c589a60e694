package blob_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/testenv/cputime"
	"github.com/leatworks/leat/pipeline/blob"
)

// BenchmarkSealing compares sealed packs with others, by processor time: x-plain is how often
// that of plain packs a sealed one takes. Texts are small files; records of vectors are as
// large as those of 384 dimensions, and are made numbers of when they are read. The S3
// server runs in the same process.
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
				if err := stores[i].Read(b.Context(), spans[i], use[kind]); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

// use is the least that a reader does with an item: a record of a vector becomes numbers.
var use = map[blob.Kind]func(int, []byte) error{
	blob.Text: func(int, []byte) error { return nil },
	blob.Vector: func(_ int, record []byte) error {
		floats := make([]float32, len(record)/4)
		for i := range floats {
			floats[i] = math.Float32frombits(binary.LittleEndian.Uint32(record[4*i:]))
		}
		used = floats
		return nil
	},
}

var used []float32

// ratio does the plain and the sealed form of something in turns, and compares the medians. Garbage of one turn is
// collected before the next, so that it is not charged to the other form.
func ratio(b *testing.B, do func(i int)) {
	var used [2][]time.Duration
	for b.Loop() {
		for i := range used {
			b.StopTimer()
			runtime.GC()
			b.StartTimer()
			before := cputime.Used(b)
			do(i)
			used[i] = append(used[i], cputime.Used(b)-before)
		}
	}
	for _, list := range used {
		slices.Sort(list)
	}
	plain, sealed := used[0][len(used[0])/2], used[1][len(used[1])/2]
	b.ReportMetric(float64(sealed)/float64(plain), "x-plain")
	b.ReportMetric(float64(plain.Microseconds()), "plain-us")
	b.ReportMetric(float64(sealed.Microseconds()), "sealed-us")
}
