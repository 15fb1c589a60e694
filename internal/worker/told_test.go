package worker

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/leatworks/leat/pipeline/embedder"
)

func TestTheLogTellsTextsByTheirHashesAlone(t *testing.T) {
	var out bytes.Buffer
	level := new(slog.LevelVar)
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: level}))
	texts := []string{"abc", "secret words"}

	if tell(t.Context(), embedder.Local{}, log).(told).log != nil {
		t.Error("hashes are computed that nobody reads")
	}
	calls, counted := gaugeOf(t, "leat_embedding_calls_total"), gaugeOf(t, "leat_embedding_texts_total")
	level.Set(slog.LevelDebug)
	vectors, err := tell(t.Context(), embedder.Local{}, log).Embed(t.Context(), texts, embedder.Document)
	if err != nil || len(vectors) != len(texts) {
		t.Fatalf("%d vectors, %v", len(vectors), err)
	}
	// The SHA-256 of "abc", as FIPS 180-2 gives it.
	if said := out.String(); !strings.Contains(said, "texts=2 sha256=ba7816bf8f01cfea,") || strings.Contains(said, "secret") {
		t.Errorf("the log says %q", said)
	}
	if gaugeOf(t, "leat_embedding_calls_total") != calls+1 || gaugeOf(t, "leat_embedding_texts_total") != counted+2 {
		t.Error("a call with two texts is not counted as that")
	}
}
