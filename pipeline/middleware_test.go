package pipeline

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/leatworks/leat/events"
)

// In a backfill, one document in sixteen has spans, the same document in every worker. Each
// message that fails has one too. In the live lane every message has one.
func TestABackfillHasFewSpans(t *testing.T) {
	const documents = 320
	spans := tracetest.NewSpanRecorder()
	tracer := trace.NewTracerProvider(trace.WithSpanProcessor(spans)).Tracer("leat")
	serve := func(worker string, lane events.Lane, err error) map[string]bool {
		began := len(spans.Ended())
		traced := make(map[string]bool)
		for i := range documents {
			id := events.DocumentID(uuid.Nil, fmt.Appendf(nil, "file%d", i))
			in := &incoming{Message: Message{On: events.ChunkedSubject(lane, "default", uuid.Nil, id)}}
			in.data = events.DocumentChunked{Document: events.Document{Document: id.String()}}
			before := len(spans.Ended())
			r := &runner{worker: worker, tracer: tracer}
			if got := r.trace(t.Context(), in, func(context.Context) error { return err }); !errors.Is(got, err) {
				t.Fatalf("the error became %v", got)
			}
			if len(spans.Ended()) > before {
				traced[id.String()] = true
			}
		}
		if n := len(spans.Ended()) - began; n != len(traced) {
			t.Errorf("%d spans of %d documents", n, len(traced))
		}
		return traced
	}
	if n := len(serve("embedder", events.Live, nil)); n != documents {
		t.Errorf("%d of %d documents of the lane live are traced", n, documents)
	}
	if n := len(serve("embedder", events.Bulk, errors.New("as asked"))); n != documents {
		t.Errorf("%d of %d failures of the lane bulk are traced", n, documents)
	}
	few, same := serve("embedder", events.Bulk, nil), serve("indexer", events.Bulk, nil)
	if len(few) < documents/32 || len(few) > documents/8 {
		t.Errorf("%d of %d documents of the lane bulk are traced, want about a sixteenth", len(few), documents)
	}
	for id := range few {
		if !same[id] {
			t.Errorf("the embedder traces %s, and the indexer does not", id)
		}
	}
}
