package blob_test

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/testenv/cputime"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/embedder"
)

// BenchmarkSealing compares sealed packs with plain ones, in turns. time-x-plain is the time of a sealed pack as a
// multiple of that of a plain one, and so shows what sealing costs of the throughput. cpu-x-plain is the same of this
// process' processor time. The S3 server is another process. Texts are small files. Vectors are records of 384
// dimensions and 50 terms; the benchmark encodes them before it packs them and decodes them after it reads them, as
// workers do. Only the kind "record" is packed as it is, and thrown away when it is read.
func BenchmarkSealing(b *testing.B) {
	texts, _ := sources()
	vectors := make([]embedder.Vector, 2000)
	records := make([][]byte, len(vectors))
	for i := range vectors {
		vectors[i] = invent(384, 50)
		records[i], _ = vectors[i].AppendBinary(nil)
	}
	for _, c := range []struct {
		name string
		kind blob.Kind
		fill func(*testing.B, *blob.Store) *blob.Pack
		use  func([]byte) error
	}{
		{"text", blob.Text, func(b *testing.B, s *blob.Store) *blob.Pack { return fill(b, s, blob.Text, texts) }, ignore},
		{"vector", blob.Vector, func(b *testing.B, s *blob.Store) *blob.Pack { return encode(b, s, vectors) }, decode},
		{"record", blob.Vector, func(b *testing.B, s *blob.Store) *blob.Pack { return fill(b, s, blob.Vector, records) }, ignore},
	} {
		stores := [2]*blob.Store{open(b, config()), with(b, config(), "A")}
		b.Run("write/"+c.name, func(b *testing.B) {
			ratio(b, func(i int) {
				if _, _, err := c.fill(b, stores[i]).Put(b.Context()); err != nil {
					b.Fatal(err)
				}
			})
		})
		b.Run("read/"+c.name, func(b *testing.B) {
			var spans [2][]blob.Span
			for i, store := range stores {
				var err error
				if _, spans[i], err = c.fill(b, store).Put(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			ratio(b, func(i int) {
				if err := stores[i].Read(b.Context(), spans[i], func(_ int, item []byte) error { return c.use(item) }); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

// invent returns a vector of random numbers.
func invent(dims, terms int) embedder.Vector {
	v := embedder.Vector{Dense: make([]float32, dims)}
	for i := range v.Dense {
		v.Dense[i] = rand.Float32() - 0.5
	}
	for i := range terms {
		v.Sparse.Indices = append(v.Sparse.Indices, uint32(i)<<20|rand.Uint32N(1<<20))
		v.Sparse.Values = append(v.Sparse.Values, rand.Float32())
	}
	return v
}

func encode(b *testing.B, store *blob.Store, vectors []embedder.Vector) *blob.Pack {
	pack := store.NewPack(blob.Vector)
	for _, v := range vectors {
		record, err := v.AppendBinary(nil)
		if err != nil {
			b.Fatal(err)
		}
		if err := pack.Add(record); err != nil {
			b.Fatal(err)
		}
	}
	return pack
}

func decode(record []byte) (err error) {
	decoded, err = embedder.DecodeVector(record)
	return err
}

var decoded embedder.Vector

func ignore([]byte) error { return nil }

// ratio does the plain and the sealed form of something in turns, and compares the medians. Garbage of one turn is
// collected before the next, so that it is not charged to the other form.
func ratio(b *testing.B, do func(i int)) {
	var elapsed, used [2][]time.Duration
	for b.Loop() {
		for i := range used {
			b.StopTimer()
			runtime.GC()
			b.StartTimer()
			start, before := time.Now(), cputime.Used(b)
			do(i)
			used[i] = append(used[i], cputime.Used(b)-before)
			elapsed[i] = append(elapsed[i], time.Since(start))
		}
	}
	report(b, "time", elapsed)
	report(b, "cpu", used)
}

func report(b *testing.B, what string, took [2][]time.Duration) {
	for _, list := range took {
		slices.Sort(list)
	}
	plain, sealed := took[0][len(took[0])/2], took[1][len(took[1])/2]
	b.ReportMetric(float64(sealed)/float64(plain), what+"-x-plain")
	b.ReportMetric(float64(plain.Microseconds()), what+"-plain-us")
}
