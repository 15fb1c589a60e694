package worker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"strings"
	"sync/atomic"

	"github.com/leatworks/leat/pipeline/embedder"
)

// What the model has been asked for by this process, for /metrics.
var embeddingCalls, embeddingTexts atomic.Int64

// told counts what the model is asked for, and logs at debug level which texts:
// by the beginnings of their hashes, since a log holds no code. It shows what
// is paid for, and what is paid for twice.
type told struct {
	embedder.Embedder
	log *slog.Logger // nil: nobody listens
}

// tell returns an embedder that counts, and logs if anybody listens.
func tell(ctx context.Context, e embedder.Embedder, log *slog.Logger) embedder.Embedder {
	if !log.Enabled(ctx, slog.LevelDebug) {
		log = nil
	}
	if m, ok := e.(embedder.Metered); ok {
		return toldMetered{m, told{e, log}}
	}
	return told{e, log}
}

// toldMetered is told of an embedder that knows what it costs.
type toldMetered struct {
	embedder.Metered
	told told
}

func (t toldMetered) Embed(ctx context.Context, texts []string, purpose embedder.Purpose) ([][]float32, error) {
	return t.told.Embed(ctx, texts, purpose)
}

func (t toldMetered) EmbedMetered(ctx context.Context, texts []string, purpose embedder.Purpose) ([][]float32, []embedder.Cost, error) {
	t.told.tell(texts)
	return t.Metered.EmbedMetered(ctx, texts, purpose)
}

func (t told) Embed(ctx context.Context, texts []string, purpose embedder.Purpose) ([][]float32, error) {
	t.tell(texts)
	return t.Embedder.Embed(ctx, texts, purpose)
}

func (t told) tell(texts []string) {
	embeddingCalls.Add(1)
	embeddingTexts.Add(int64(len(texts)))
	if t.log == nil {
		return
	}
	hashes := make([]string, len(texts))
	for i, text := range texts {
		sum := sha256.Sum256([]byte(text))
		hashes[i] = hex.EncodeToString(sum[:8])
	}
	t.log.Debug("embedding", "texts", len(texts), "sha256", strings.Join(hashes, ","))
}
