package catalog

import (
	"context"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

func TestNameOf(t *testing.T) {
	for sql, want := range map[string]string{
		"-- name: Approve :execrows\nupdate approvals": "Approve",
		"-- name: Approve":               "Approve",
		"select 1":                       "SELECT",
		"\n\tinsert into a values (1)":   "INSERT",
		"commit":                         "COMMIT",
		"with\na as (select 1) select 1": "WITH",
		"":                               "",
		"averyveryverylongfirstword x":   "AVERYVERYVERYLON",
	} {
		if got := nameOf(sql); got != want {
			t.Errorf("nameOf(%q) = %q, want %q", sql, got, want)
		}
	}
}

// A statement within a recorded span has a span of its own. Outside it has none, and costs
// nothing.
func TestOnlyRecordedSpansHaveStatements(t *testing.T) {
	recorder := tracetest.NewSpanRecorder()
	provider := sdk.NewTracerProvider(sdk.WithSpanProcessor(recorder))
	before := otel.GetTracerProvider()
	otel.SetTracerProvider(provider)
	t.Cleanup(func() { otel.SetTracerProvider(before) })
	cfg, err := pgx.ParseConfig("postgres://u@h:5432/d")
	if err != nil {
		t.Fatal(err)
	}
	s := newTracer(cfg)
	all := func(ctx context.Context) {
		q := s.TraceQueryStart(ctx, nil, pgx.TraceQueryStartData{SQL: "-- name: Approve :exec\nselect 1"})
		s.TraceQueryEnd(q, nil, pgx.TraceQueryEndData{})
		b := s.TraceBatchStart(ctx, nil, pgx.TraceBatchStartData{Batch: &pgx.Batch{}})
		s.TraceBatchQuery(b, nil, pgx.TraceBatchQueryData{SQL: "select 2"})
		s.TraceBatchEnd(b, nil, pgx.TraceBatchEndData{})
		c := s.TraceCopyFromStart(ctx, nil, pgx.TraceCopyFromStartData{TableName: pgx.Identifier{"chunks"}})
		s.TraceCopyFromEnd(c, nil, pgx.TraceCopyFromEndData{})
		if !recorded(ctx) && (q != ctx || b != ctx || c != ctx) {
			t.Error("the context of a statement without a span is another one")
		}
	}
	all(t.Context())
	remote := trace.ContextWithRemoteSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled}))
	all(remote) // an event's trace, of which this process records no span
	if n := len(recorder.Started()); n != 0 {
		t.Fatalf("%d spans of statements outside of a span", n)
	}
	ctx, span := provider.Tracer("test").Start(t.Context(), "work")
	all(ctx)
	span.End()
	var names []string
	for _, one := range recorder.Ended() {
		names = append(names, one.Name())
	}
	if !slices.Contains(names, "Approve") || len(names) != len(recorder.Started()) || len(names) < 5 {
		t.Errorf("the spans that have ended are %q of %d", names, len(recorder.Started()))
	}
}
