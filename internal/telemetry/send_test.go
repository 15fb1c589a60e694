package telemetry_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log/noop"
	"go.opentelemetry.io/otel/trace"
	logpb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/proto"

	"github.com/leatworks/leat/internal/telemetry"
)

// A line is written and sent, with its attributes and the ids of its trace. A line below the level
// is neither written nor sent.
func TestLinesAreSentWithTheirTrace(t *testing.T) {
	t.Cleanup(func() { otel.SetLoggerProvider(noop.NewLoggerProvider()) })
	sent := make(chan []byte, 10)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if body, err := io.ReadAll(r.Body); err == nil && r.URL.Path == "/v1/logs" {
			sent <- body
		}
	}))
	t.Cleanup(collector.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", collector.URL+"/v1/logs")
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	stop, err := telemetry.Start(t.Context(), "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	var written bytes.Buffer
	handler, sumUp := telemetry.Handler(slog.NewTextHandler(&written, nil))
	log := slog.New(handler).With("worker", "test")
	span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled})
	log.DebugContext(t.Context(), "not written")
	log.InfoContext(trace.ContextWithSpanContext(t.Context(), span), "listed", "files", 3)
	sumUp()
	if err := stop(t.Context()); err != nil {
		t.Error(err)
	}
	var lines []*logpb.LogRecord
	for close(sent); ; {
		body, open := <-sent
		if !open {
			break
		}
		var data logpb.LogsData
		if err := proto.Unmarshal(body, &data); err != nil {
			t.Fatal(err)
		}
		for _, r := range data.GetResourceLogs() {
			for _, scope := range r.GetScopeLogs() {
				lines = append(lines, scope.GetLogRecords()...)
			}
		}
	}
	if len(lines) != 1 {
		t.Fatalf("%d lines were sent, want 1: %v", len(lines), lines)
	}
	line := lines[0]
	id := span.TraceID()
	if line.GetBody().GetStringValue() != "listed" || !bytes.Equal(line.GetTraceId(), id[:]) || line.GetSeverityText() != "INFO" {
		t.Errorf("sent %v", line)
	}
	for _, want := range []string{"worker", "files"} {
		if !strings.Contains(line.String(), want) {
			t.Errorf("the line lacks %s: %v", want, line)
		}
	}
	if strings.Contains(written.String(), "not written") || !strings.Contains(written.String(), "trace_id="+id.String()) {
		t.Errorf("written: %s", written.String())
	}
}
