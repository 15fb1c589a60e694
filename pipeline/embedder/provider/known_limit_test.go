package provider

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/pipeline/chunk"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/embedder/embeddertest"
)

// patience bounds each wait of the test.
const patience = 2 * time.Minute

// silent holds the providers that silently cut texts that are too long. Requests tell all others not to, and the fake
// servers insist on that.
var silent = map[string]bool{"gemini": true}

// TestNoModelTakesMoreThanItsLimit embeds the worst text of a chunk, with one token for each byte, with every model
// whose limit is known. No model gets more tokens at once than its limit, no part of the text is lost, and a model
// with room for any chunk gets the text whole.
func TestNoModelTakesMoreThanItsLimit(t *testing.T) {
	t.Setenv("TEST_EMBEDDER_KEY", embeddertest.Key)
	var worst strings.Builder
	for i := 0; worst.Len() < chunk.Max; i++ {
		worst.WriteString(string(rune('a'+i%26)) + string(rune('!'+i%15)))
	}
	text := worst.String()[:chunk.Max]
	for name, model := range models {
		family, _, _ := strings.Cut(name, "/")
		for purpose, prefix := range map[embedder.Purpose]string{embedder.Document: model.documentPrefix, embedder.Query: model.queryPrefix} {
			server := embeddertest.NewServer(t, embeddertest.ServerConfig{Format: family, MaxBytes: model.maxTokens})
			e, err := Open(Config{
				Name: name + "@384", NativeDimensions: 384, URLs: []string{server.URL}, KeyEnv: "TEST_EMBEDDER_KEY", OpenFor: time.Millisecond,
			}, chunk.Parts, nil, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			e.cfg.Model = "fake" // its limits stay
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			if _, err := e.Embed(ctx, []string{text}, purpose); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			cancel()
			parts, bytes := 0, 0
			for sent := range server.Answered() {
				part := strings.TrimPrefix(sent, prefix)
				if part == probeText || sent == model.documentPrefix+probeText {
					continue
				}
				if len(sent) > model.maxTokens || !strings.Contains(text, part) {
					t.Errorf("%s: embedded %d bytes with a limit of %d", name, len(sent), model.maxTokens)
				}
				parts, bytes = parts+1, bytes+len(part)
			}
			if bytes != len(text) {
				t.Errorf("%s: %d bytes of %d were embedded", name, bytes, len(text))
			}
			if room := model.maxTokens - len(prefix) - extraTokens; room >= chunk.Max && parts != 1 {
				t.Errorf("%s: %d parts, with room for %d bytes", name, parts, room)
			}
			if most := e.longest(purpose) + len(prefix) + extraTokens; silent[family] && most > model.maxTokens {
				t.Errorf("%s: up to %d bytes are sent, and what is over %d tokens is cut in silence", name, most, model.maxTokens)
			}
			_ = e.Close()
		}
	}
}
