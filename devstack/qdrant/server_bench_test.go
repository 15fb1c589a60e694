package qdrant

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"

	"github.com/google/uuid"
	"github.com/qdrant/go-client/qdrant"
	"github.com/viterin/vek/vek32"
	"golang.org/x/sys/unix"
)

var quiet = slog.New(slog.DiscardHandler)

const (
	benchDimensions = 384
	benchTerms      = 80
	benchVocabulary = 50_000
)

// benchPoint returns a point like those of leat. A document has ten points. A point has a payload of 17 fields and 80
// terms, whose frequency falls with their rank.
func benchPoint(r *rand.Rand, n int) *qdrant.PointStruct {
	dense := make([]float32, benchDimensions)
	for i := range dense {
		dense[i] = r.Float32() - 0.5
	}
	seen := map[uint32]bool{}
	for len(seen) < benchTerms {
		rank := r.Float64()
		seen[uint32(rank*rank*rank*benchVocabulary)] = true
	}
	var indices []uint32
	var weights []float32
	for index := range seen {
		indices, weights = append(indices, index), append(weights, r.Float32())
	}
	document := n / 10
	path := fmt.Sprintf("pkg/part%d/dir%d/file%d.go", document%7, document%100, document)
	payload, err := qdrant.TryValueMap(map[string]any{
		"tenant": "default", "repository": "6d0b5b7e-9a35-4b9d-9a7a-1c0100000001", "track": "6d0b5b7e-9a35-4b9d-9a7a-1c0100000002",
		"document": uuid.NewSHA1(uuid.Nil, fmt.Append(nil, document)).String(), "ref": "refs/heads/main", "path": path,
		"dirs": []any{"pkg", path[:9], path[:12]}, "language": []string{"Go", "Rust", "C"}[document%3], "kind": "function",
		"symbol": fmt.Sprintf("Symbol%d", n), "blob": fmt.Sprintf("%064x", document), "commit": fmt.Sprintf("%040x", 1),
		"start_line": n % 900, "end_line": n%900 + 40, "start_byte": n % 9000, "end_byte": n%9000 + 1500, "revision": 1 + document%3,
	})
	if err != nil {
		panic(err)
	}
	return &qdrant.PointStruct{
		Id: qdrant.NewIDUUID(uuid.NewSHA1(uuid.Nil, fmt.Append(nil, "p", n)).String()), Payload: payload,
		Vectors: qdrant.NewVectorsMap(map[string]*qdrant.Vector{"dense": qdrant.NewVectorDense(dense), "text": qdrant.NewVectorSparse(indices, weights)}),
	}
}

func benchRegistry(b *testing.B, dir string) (*registry, *pointsAPI) {
	b.Helper()
	r, err := openRegistry(dir, quiet)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := r.close(); err != nil {
			b.Error(err)
		}
	})
	return r, &pointsAPI{registry: r}
}

// fill makes a directory with a collection "c" of n points.
func fill(b *testing.B, n int) string {
	b.Helper()
	dir := b.TempDir()
	r, err := openRegistry(dir, quiet)
	if err != nil {
		b.Fatal(err)
	}
	if err := fillPoints(b.Context(), r, n); err != nil {
		b.Fatal(err)
	}
	if err := r.close(); err != nil {
		b.Fatal(err)
	}
	return dir
}

// fillPoints makes a collection "c" of n points.
func fillPoints(ctx context.Context, r *registry, n int) error {
	if err := r.create("c", shape{Dense: "dense", Dimensions: benchDimensions, Distance: qdrant.Distance_Dot, Sparse: "text", HasSparse: true, IDF: true}, tuning{}); err != nil {
		return err
	}
	api := &pointsAPI{registry: r}
	for _, name := range []string{"tenant", "repository", "track", "document", "ref", "path", "dirs", "language", "kind", "symbol"} {
		if _, err := api.CreateFieldIndex(ctx, &qdrant.CreateFieldIndexCollection{CollectionName: "c", FieldName: name, FieldType: qdrant.FieldType_FieldTypeKeyword.Enum()}); err != nil {
			return err
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for from := 0; from < n; from += 1000 {
		request := &qdrant.UpsertPoints{CollectionName: "c"}
		for i := from; i < min(n, from+1000); i++ {
			request.Points = append(request.Points, benchPoint(random, i))
		}
		if _, err := api.Upsert(ctx, request); err != nil {
			return err
		}
	}
	return nil
}

// cpu reports processor time for each operation. Other work on the machine disturbs this less than the time on the
// clock. The caller defers the result.
func cpu(b *testing.B) func() {
	start := cpuTime(b)
	return func() { b.ReportMetric(float64(cpuTime(b)-start)/float64(b.N)/1e6, "cpu-ms/op") }
}

func cpuTime(b *testing.B) int64 {
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

var benchSizes = []int{20_000, 100_000}

func BenchmarkOpen(b *testing.B) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			dir := fill(b, n)
			defer cpu(b)()
			for b.Loop() {
				r, err := openRegistry(dir, quiet)
				if err != nil {
					b.Fatal(err)
				}
				if err := r.close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkUpsert(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	request := &qdrant.UpsertPoints{CollectionName: "c"}
	for i := range 1000 {
		request.Points = append(request.Points, benchPoint(random, i))
	}
	_, api := benchRegistry(b, fill(b, 0))
	defer cpu(b)()
	for b.Loop() {
		if _, err := api.Upsert(b.Context(), request); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "points/s")
}

func BenchmarkQuery(b *testing.B) {
	for _, n := range benchSizes {
		dir := fill(b, n)
		_, api := benchRegistry(b, dir)
		point := benchPoint(rand.New(rand.NewPCG(3, 4)), 0).GetVectors().GetVectors().GetVectors()
		sparse := point["text"].GetSparse()
		dense := qdrant.NewQueryDense(point["dense"].GetDense().GetData())
		text := qdrant.NewQuerySparse(sparse.GetIndices()[:12], sparse.GetValues()[:12])
		tenant := &qdrant.Filter{Must: []*qdrant.Condition{qdrant.NewMatchKeyword("tenant", "default")}}
		narrow := &qdrant.Filter{Must: []*qdrant.Condition{qdrant.NewMatchKeyword("tenant", "default"), qdrant.NewMatchKeyword("dirs", "pkg/part3")}}
		name := func(s string) *string { return &s }
		limit := uint64(50)
		hybrid := func(f *qdrant.Filter) *qdrant.QueryPoints {
			return &qdrant.QueryPoints{Query: qdrant.NewQueryFusion(qdrant.Fusion_RRF), Prefetch: []*qdrant.PrefetchQuery{
				{Query: dense, Using: name("dense"), Filter: f, Limit: &limit}, {Query: text, Using: name("text"), Filter: f, Limit: &limit},
			}}
		}
		for _, query := range []struct {
			name    string
			request *qdrant.QueryPoints
		}{
			{"dense", &qdrant.QueryPoints{Query: dense, Using: name("dense")}},
			{"dense-tenant", &qdrant.QueryPoints{Query: dense, Using: name("dense"), Filter: tenant}},
			{"dense-directory", &qdrant.QueryPoints{Query: dense, Using: name("dense"), Filter: narrow}},
			{"sparse", &qdrant.QueryPoints{Query: text, Using: name("text")}},
			{"hybrid-tenant", hybrid(tenant)},
			{"hybrid-directory", hybrid(narrow)},
		} {
			query.request.CollectionName = "c"
			query.request.WithPayload = qdrant.NewWithPayload(true)
			b.Run(fmt.Sprintf("%d/%s", n, query.name), func(b *testing.B) {
				defer cpu(b)()
				for b.Loop() {
					if _, err := api.Query(b.Context(), query.request); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkFloor measures the dot products alone, which are the lower limit of the dense query on one processor.
func BenchmarkFloor(b *testing.B) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			rows := make([]float32, n*benchDimensions)
			for i := range rows {
				rows[i] = float32(i%17) - 8
			}
			query := rows[:benchDimensions]
			sum := float32(0)
			defer cpu(b)()
			for b.Loop() {
				for i := range n {
					sum += vek32.Dot(query, rows[i*benchDimensions:(i+1)*benchDimensions])
				}
			}
			if sum == 0 {
				b.Fatal("the sum is zero")
			}
		})
	}
}

// BenchmarkDeleteOlder measures the deletion that leat makes after each batch: the points of 256 documents that are
// older than a revision. Here there are none.
func BenchmarkDeleteOlder(b *testing.B) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			_, api := benchRegistry(b, fill(b, n))
			filter := &qdrant.Filter{}
			for i := range 256 {
				filter.Should = append(filter.Should, qdrant.NewFilterAsCondition(&qdrant.Filter{Must: []*qdrant.Condition{
					qdrant.NewMatchKeyword("document", uuid.NewSHA1(uuid.Nil, fmt.Append(nil, i*(n/10/256))).String()),
					qdrant.NewRange("revision", &qdrant.Range{Lt: qdrant.PtrOf(1.0)}),
				}}))
			}
			request := &qdrant.DeletePoints{CollectionName: "c", Points: qdrant.NewPointsSelectorFilter(filter)}
			defer cpu(b)()
			for b.Loop() {
				if _, err := api.Delete(b.Context(), request); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkScroll reads what a comparison of the stores reads: a few fields of all points, a thousand points at a time.
func BenchmarkScroll(b *testing.B) {
	const n = 20_000
	_, api := benchRegistry(b, fill(b, n))
	defer cpu(b)()
	for b.Loop() {
		request := &qdrant.ScrollPoints{
			CollectionName: "c", Limit: qdrant.PtrOf(uint32(1000)), WithVectors: qdrant.NewWithVectors(false),
			WithPayload: qdrant.NewWithPayloadInclude("tenant", "repository", "document", "blob", "revision"),
		}
		read := 0
		for {
			reply, err := api.Scroll(b.Context(), request)
			if err != nil {
				b.Fatal(err)
			}
			read += len(reply.GetResult())
			if request.Offset = reply.GetNextPageOffset(); request.Offset == nil {
				break
			}
		}
		if read != n {
			b.Fatalf("read %d points", read)
		}
	}
}
