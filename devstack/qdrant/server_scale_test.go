package qdrant

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/qdrant/go-client/qdrant"
	"golang.org/x/sys/unix"
)

// benchPoints names the variable with the number of points in [BenchmarkScale], for example 1000000.
const benchPoints = "LEAT_BENCH_POINTS"

// BenchmarkScale makes a process write points and kills it. It opens what the process has left, and asks hybrid queries
// for 50 points each, for one tenant. It reports the time and the processor time of the start, the latencies, and the
// memory of this process: resident memory, and the part of it that is not a file. It takes some GiB of disk.
func BenchmarkScale(b *testing.B) {
	n, err := strconv.Atoi(os.Getenv(benchPoints))
	if err != nil {
		b.Skip(benchPoints + " says how many points")
	}
	dir := b.TempDir()
	writer := exec.CommandContext(b.Context(), os.Args[0])
	writer.Env = append(os.Environ(), killDir+"="+dir, killDir+"_POINTS="+strconv.Itoa(n))
	out, err := writer.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := writer.Start(); err != nil {
		b.Fatal(err)
	}
	written := bufio.NewScanner(out).Scan()
	_ = writer.Process.Kill()
	_ = writer.Wait()
	if !written {
		b.Fatal("the writer ended early")
	}
	start, startCPU := time.Now(), cpuTime(b)
	_, api := benchRegistry(b, dir)
	started, startedCPU := time.Since(start), cpuTime(b)-startCPU

	random := rand.New(rand.NewPCG(3, 4))
	var took []time.Duration
	dense, text, limit := "dense", "text", uint64(50)
	tenant := &qdrant.Filter{Must: []*qdrant.Condition{qdrant.NewMatchKeyword("tenant", "default")}}
	from := cpuTime(b)
	for b.Loop() {
		for range 200 {
			point := benchPoint(random, 0).GetVectors().GetVectors().GetVectors()
			sparse := point["text"].GetSparse()
			asked := time.Now()
			_, err := api.Query(b.Context(), &qdrant.QueryPoints{
				CollectionName: "c", Query: qdrant.NewQueryFusion(qdrant.Fusion_RRF), WithPayload: qdrant.NewWithPayload(true),
				Prefetch: []*qdrant.PrefetchQuery{
					{Query: qdrant.NewQueryDense(point["dense"].GetDense().GetData()), Using: &dense, Filter: tenant, Limit: &limit},
					{Query: qdrant.NewQuerySparse(sparse.GetIndices()[:12], sparse.GetValues()[:12]), Using: &text, Filter: tenant, Limit: &limit},
				},
			})
			if err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(asked))
		}
	}
	b.ReportMetric(started.Seconds(), "start-s")
	b.ReportMetric(float64(startedCPU)/1e9, "start-cpu-s")
	b.ReportMetric(float64(cpuTime(b)-from)/float64(len(took))/1e6, "cpu-ms/query")
	slices.Sort(took)
	for name, share := range map[string]float64{"p50-ms": 0.5, "p95-ms": 0.95} {
		b.ReportMetric(float64(took[int(share*float64(len(took)-1))].Microseconds())/1000, name)
	}
	for name, field := range map[string]string{"resident-MiB": "VmRSS:", "heap-MiB": "RssAnon:"} {
		b.ReportMetric(memory(b, field), name)
	}
}

// memory returns a field of this process's status, in MiB.
func memory(b *testing.B, field string) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip(err)
	}
	_, rest, _ := strings.Cut(string(status), field)
	kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	if err != nil {
		b.Fatal(err)
	}
	return kib / 1024
}

// writePoints makes a collection of n points, prints a line and waits to be killed.
func writePoints(dir string, n int) error {
	r, err := openRegistry(dir, quiet)
	if err != nil {
		return err
	}
	if err := fillPoints(context.Background(), r, n); err != nil {
		return err
	}
	r.collections["c"].segment.sealing.Wait()
	fmt.Println(n)
	return unix.Pause()
}
