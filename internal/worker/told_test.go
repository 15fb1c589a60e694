package worker

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/telemetry"
	"github.com/leatworks/leat/pipeline/embedder"
)

func TestTheLogTellsTextsByTheirHashesAlone(t *testing.T) {
	var out bytes.Buffer
	level := new(slog.LevelVar)
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: level}))
	texts := []string{"abc", "secret words"}

	metrics, err := telemetry.NewMetrics(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	told, err := tell(t.Context(), embedder.Local{}, metrics.Meter(), log)
	if err != nil {
		t.Fatal(err)
	}
	expect := func(calls, texts int) {
		t.Helper()
		w := httptest.NewRecorder()
		metrics.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		for _, want := range []string{fmt.Sprintf("\nleat_embedding_calls_total %d\n", calls), fmt.Sprintf("\nleat_embedding_texts_total %d\n", texts)} {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("no %q in\n%s", want, w.Body)
			}
		}
	}
	expect(0, 0)
	if _, err := told.Embed(t.Context(), texts, embedder.Document); err != nil || out.Len() > 0 {
		t.Fatalf("above the debug level: %v, %q", err, out.String())
	}
	expect(1, 2)               // a call with two texts
	level.Set(slog.LevelDebug) // as an operator may while the worker runs
	vectors, err := told.Embed(t.Context(), texts, embedder.Document)
	if err != nil || len(vectors) != len(texts) {
		t.Fatalf("%d vectors, %v", len(vectors), err)
	}
	// The SHA-256 of "abc", as FIPS 180-2 gives it.
	if said := out.String(); !strings.Contains(said, "texts=2 sha256=ba7816bf8f01cfea,") || strings.Contains(said, "secret") {
		t.Errorf("the log says %q", said)
	}
	expect(2, 4)
}
