package worker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"

	"go.opentelemetry.io/otel/metric"

	"github.com/leatworks/leat/pipeline/embedder"
)

// told counts the calls and the texts of a model. At debug level it logs the first
// bytes of the texts' hashes, since a log must hold no code: the log shows which
// texts are paid for, and which are paid for twice.
type told struct {
	embedder.Embedder
	calls, texts, failures metric.Int64Counter
	log                    *slog.Logger // nil: the debug level is off
}

// tell returns an embedder that counts, and logs if the debug level is on.
func tell(ctx context.Context, e embedder.Embedder, meter metric.Meter, log *slog.Logger) (embedder.Embedder, error) {
	if !log.Enabled(ctx, slog.LevelDebug) {
		log = nil
	}
	t := told{Embedder: e, log: log}
	var err error
	if t.calls, err = meter.Int64Counter("leat_embedding_calls", metric.WithDescription("Calls of the embedding model.")); err != nil {
		return nil, fmt.Errorf("count calls of the model: %w", err)
	}
	if t.texts, err = meter.Int64Counter("leat_embedding_texts", metric.WithDescription("Texts in calls of the embedding model.")); err != nil {
		return nil, fmt.Errorf("count texts of the model: %w", err)
	}
	if t.failures, err = meter.Int64Counter("leat_embedding_failures", metric.WithDescription("Calls of the embedding model that failed.")); err != nil {
		return nil, fmt.Errorf("count failed calls of the model: %w", err)
	}
	t.failures.Add(ctx, 0)
	t.calls.Add(ctx, 0) // so that they can be read before the first call
	t.texts.Add(ctx, 0)
	if m, ok := e.(embedder.Metered); ok {
		return toldMetered{m, t}, nil
	}
	return t, nil
}

// toldMetered is told for an embedder that meters its costs.
type toldMetered struct {
	embedder.Metered
	told told
}

func (t toldMetered) Embed(ctx context.Context, texts []string, purpose embedder.Purpose) ([][]float32, error) {
	return t.told.Embed(ctx, texts, purpose)
}

func (t toldMetered) EmbedMetered(ctx context.Context, texts []string, purpose embedder.Purpose) ([][]float32, []embedder.Cost, error) {
	t.told.tell(ctx, texts)
	vectors, costs, err := t.Metered.EmbedMetered(ctx, texts, purpose)
	t.told.failed(ctx, err)
	return vectors, costs, err
}

func (t told) Embed(ctx context.Context, texts []string, purpose embedder.Purpose) ([][]float32, error) {
	t.tell(ctx, texts)
	vectors, err := t.Embedder.Embed(ctx, texts, purpose)
	t.failed(ctx, err)
	return vectors, err
}

// failed counts a call that failed, apart from one that the worker's end has cut off.
func (t told) failed(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		t.failures.Add(ctx, 1)
	}
}

func (t told) tell(ctx context.Context, texts []string) {
	t.calls.Add(ctx, 1)
	t.texts.Add(ctx, int64(len(texts)))
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
