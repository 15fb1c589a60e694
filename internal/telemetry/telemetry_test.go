package telemetry_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"go.opentelemetry.io/otel"

	"github.com/leatworks/leat/internal/telemetry"
	"github.com/leatworks/leat/internal/testenv/leak"
)

// Without an endpoint nothing is recorded, nothing runs and no server is called, not even one at
// the default port of collectors.
func TestNothingIsSentUnlessAsked(t *testing.T) {
	defer leak.VerifyNone(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "")
	stop, err := telemetry.Start(t.Context(), "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	_, span := otel.Tracer("test").Start(t.Context(), "a span")
	if span.IsRecording() {
		t.Error("spans are recorded")
	}
	span.End()
	if err := stop(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestSpansAreSentAtTheEnd(t *testing.T) {
	before := otel.GetTracerProvider()
	t.Cleanup(func() { otel.SetTracerProvider(before) })
	var sent atomic.Int64
	collector := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { sent.Add(1) }))
	t.Cleanup(collector.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", collector.URL+"/v1/traces")
	stop, err := telemetry.Start(t.Context(), "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	_, span := otel.Tracer("test").Start(t.Context(), "a span")
	if !span.IsRecording() {
		t.Error("spans are not recorded")
	}
	span.End()
	if err := stop(t.Context()); err != nil {
		t.Error(err)
	}
	if sent.Load() != 1 {
		t.Errorf("%d requests were sent, want 1", sent.Load())
	}
}

// A missing collector is logged, and is not an error.
func TestLostSpansAreLogged(t *testing.T) {
	before := otel.GetTracerProvider()
	t.Cleanup(func() { otel.SetTracerProvider(before) })
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	var log bytes.Buffer
	stop, err := telemetry.Start(t.Context(), "test", slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	_, span := otel.Tracer("test").Start(t.Context(), "a span")
	span.End()
	if err := stop(t.Context()); err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "some traces, figures or logs were not sent") {
		t.Errorf("the log says %q", log.String())
	}
}
