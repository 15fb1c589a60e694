package broker_test

import (
	"encoding/binary"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/broker"
)

// BenchmarkSubjects fills a stream that keeps the last message of each subject
// with as many documents as LEAT_BENCH_SUBJECTS says (default 100,000), in a
// server of its own: how many a second it takes, the server's memory for each
// of them, and how long it takes to come back with all of them after kill -9.
// Use -benchtime 1x.
func BenchmarkSubjects(b *testing.B) {
	subjects := 100_000
	if text := os.Getenv("LEAT_BENCH_SUBJECTS"); text != "" {
		var err error
		if subjects, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		port, dir := freePort(b), b.TempDir()
		pid, kill := serverProcess(b, port, dir)
		conn, err := broker.Connect(b.Context(), broker.Config{URL: fmt.Sprintf("nats://127.0.0.1:%d", port)}, slog.New(slog.DiscardHandler))
		if err != nil {
			b.Fatal(err)
		}
		top := topology()
		top.ChunkedBytes = 8 << 30
		ensure(b, conn, top)
		empty := residentBytes(b, pid)
		began := time.Now()
		publishDocuments(b, conn, subjects)
		b.ReportMetric(float64(subjects)/time.Since(began).Seconds(), "msg/s")
		b.ReportMetric(float64(residentBytes(b, pid)-empty)/float64(subjects), "resident-B/subject")
		kill()
		began = time.Now()
		pid, kill = serverProcess(b, port, dir)
		eventually(b, "the stream is back", func() bool {
			lag, err := conn.Lag(b.Context(), broker.StreamChunked, broker.ConsumerEmbedder("local-384", events.Bulk))
			return err == nil && lag.Pending == uint64(subjects)
		})
		b.ReportMetric(time.Since(began).Seconds(), "recovery-s")
		b.ReportMetric(float64(residentBytes(b, pid)-empty)/float64(subjects), "recovered-B/subject")
		conn.Close()
		kill()
	}
}

// publishDocuments publishes n events of the size of a document.chunked.
func publishDocuments(b *testing.B, conn *broker.Broker, n int) {
	b.Helper()
	repository := events.RepositoryID("default", "https://example.com/large")
	data := make([]byte, 620)
	for i := range data {
		data[i] = 'a' + byte(i*7%26)
	}
	for first := 0; first < n; first += 500 {
		out := make([]broker.Outgoing, 0, 500)
		for i := first; i < min(first+500, n); i++ {
			document := uuid.NewSHA1(repository, binary.BigEndian.AppendUint64(nil, uint64(i)))
			out = append(out, broker.Outgoing{
				Subject: events.ChunkedSubject(events.Bulk, "default", repository, document),
				Header: map[string]string{
					"ce-specversion": "1.0", "ce-id": document.String(), "ce-source": "/leat/ingestor", "ce-type": string(events.TypeDocumentChunked),
					"ce-time": "2026-01-02T03:04:05Z", "content-type": "application/json", broker.MetaMsgID: document.String(),
				},
				Data: data,
			})
		}
		if err := conn.Publisher().Send(b.Context(), out...); err != nil {
			b.Fatal(err)
		}
	}
}

// residentBytes is the resident memory of a process, where the system tells.
func residentBytes(b *testing.B, pid int) int64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Skip("no /proc here: ", err)
	}
	_, after, _ := strings.Cut(string(status), "VmRSS:")
	var kib int64
	if _, err := fmt.Sscan(after, &kib); err != nil {
		b.Fatal(err)
	}
	return kib << 10
}
