package pipeline_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/pipeline"
	"github.com/leatworks/leat/pipeline/broker"
)

// BenchmarkRun serves a backlog of document.chunked through the router and all
// its middlewares, to a handler that does nothing, with 256 messages in flight.
func BenchmarkRun(b *testing.B) {
	at, err := broker.Connect(b.Context(), broker.Config{URL: testenv.NATS(b)}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(at.Close)
	topology := broker.DefaultTopology(broker.Generation{Number: 1, Embedder: "local-384"})
	topology.ChunkedBytes = 4 << 30
	if err := at.Ensure(b.Context(), topology); err != nil {
		b.Fatal(err)
	}
	publishBacklog(b, at.Publisher())
	source := at.Subscriber(broker.SubscriberConfig{Stream: broker.StreamChunked, Consumer: consumer, InFlight: 256})
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	var handled atomic.Int64
	served := make(chan struct{})
	handle := func(context.Context, pipeline.Message) error {
		if handled.Add(1) == int64(b.N) {
			close(served)
		}
		return nil
	}
	ended := make(chan error, 1)
	b.ReportAllocs()
	b.ResetTimer()
	go func() {
		ended <- pipeline.Run(ctx, pipeline.Config{Log: slog.New(slog.DiscardHandler)}, pipeline.Step{
			Worker: "tester", Routes: []pipeline.Route{{Name: consumer, Source: source, Handle: handle}},
		})
	}()
	select {
	case <-served:
	case err := <-ended:
		b.Fatal(err)
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
	stop()
	if err := <-ended; err != nil {
		b.Error(err)
	}
}

// publishBacklog publishes b.N events, each about a document of its own.
func publishBacklog(b *testing.B, to *broker.Publisher) {
	b.Helper()
	repository := events.RepositoryID("default", "https://example.com/a")
	track := events.TrackID(repository, "refs/heads/main")
	var out []broker.Outgoing
	for i := range b.N {
		path := fmt.Sprintf("internal/worker/file%07d.go", i)
		id := events.DocumentID(track, []byte(path))
		out = append(out, chunkedOf(b, track, repository, id, path))
		if len(out) == 1000 || i == b.N-1 {
			if err := to.Send(b.Context(), out...); err != nil {
				b.Fatal(err)
			}
			out = out[:0]
		}
	}
}

func chunkedOf(b *testing.B, track, repository, id uuid.UUID, path string) broker.Outgoing {
	b.Helper()
	event, err := events.New("/leat/bench", path, events.DocumentChunked{
		Document: events.Document{
			Tenant: "default", Repository: repository.String(), Track: track.String(), Document: id.String(),
			Ref: "refs/heads/main", Commit: strings.Repeat("a", 40), Path: path, Revision: 1,
		},
		Blob: strings.Repeat("b", 64), Language: "Go", Chunks: 3,
	})
	if err != nil {
		b.Fatal(err)
	}
	header, body, err := events.Encode(event)
	if err != nil {
		b.Fatal(err)
	}
	return broker.Outgoing{Subject: events.ChunkedSubject(events.Live, "default", repository, id), Header: header, Data: body}
}
