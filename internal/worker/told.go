package worker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/leatworks/leat/pipeline/embedder"
)

// told counts the calls and the texts of a model. At debug level it logs the first bytes of the
// texts' hashes, which show which texts are paid for, and which are paid for twice. It does not log
// the texts, because a log must hold no code.
type told struct {
	embedder.Embedder
	calls, texts, failures, tokens metric.Int64Counter
	cost                           metric.Float64Counter
	seconds                        metric.Float64Histogram
	good, bad                      metric.MeasurementOption // labels of a call, by OpenTelemetry's conventions for models
	log                            *slog.Logger
}

// tell returns an embedder that counts, and logs if the debug level is on.
func tell(ctx context.Context, e embedder.Embedder, meter metric.Meter, log *slog.Logger) (embedder.Embedder, error) {
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
	if t.tokens, err = meter.Int64Counter("leat.embedding.tokens", metric.WithUnit("{token}"), metric.WithDescription("Tokens that providers have counted.")); err != nil {
		return nil, fmt.Errorf("count tokens of the model: %w", err)
	}
	if t.cost, err = meter.Float64Counter("leat.embedding.cost", metric.WithDescription("Money that these tokens cost, in the currency of the configured prices.")); err != nil {
		return nil, fmt.Errorf("count costs of the model: %w", err)
	}
	// Source of the name and the labels: OpenTelemetry's semantic conventions for generative AI.
	t.seconds, err = meter.Float64Histogram("gen_ai.client.operation.duration", metric.WithUnit("s"), metric.WithDescription("Time of a call of the embedding model."),
		metric.WithExplicitBucketBoundaries(.01, .02, .04, .08, .16, .32, .64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92))
	if err != nil {
		return nil, fmt.Errorf("time calls of the model: %w", err)
	}
	labels := []attribute.KeyValue{attribute.String("gen_ai.operation.name", "embeddings"), attribute.String("gen_ai.request.model", e.Model().Name)}
	t.good = metric.WithAttributeSet(attribute.NewSet(labels...))
	t.bad = metric.WithAttributeSet(attribute.NewSet(append(labels, attribute.String("error.type", "_OTHER"))...))
	t.tokens.Add(ctx, 0)
	t.cost.Add(ctx, 0)
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
	began := time.Now()
	vectors, costs, err := t.Metered.EmbedMetered(ctx, texts, purpose)
	t.told.ended(ctx, began, err)
	tokens := 0
	for _, c := range costs {
		tokens += c.Tokens
	}
	t.told.tokens.Add(ctx, int64(tokens))
	t.told.cost.Add(ctx, float64(tokens)*t.Price()/1e6)
	return vectors, costs, err
}

func (t told) Embed(ctx context.Context, texts []string, purpose embedder.Purpose) ([][]float32, error) {
	t.tell(ctx, texts)
	began := time.Now()
	vectors, err := t.Embedder.Embed(ctx, texts, purpose)
	t.ended(ctx, began, err)
	return vectors, err
}

// ended times a call and counts its failure, unless the end of the worker has cut the call off.
func (t told) ended(ctx context.Context, began time.Time, err error) {
	labels := t.good
	if err != nil {
		if ctx.Err() != nil {
			return
		}
		labels = t.bad
		t.failures.Add(ctx, 1)
	}
	t.seconds.Record(ctx, time.Since(began).Seconds(), labels)
}

// cached returns a function that counts chunks whose texts already have a vector.
func cached(ctx context.Context, meter metric.Meter) (func(context.Context, int64), error) {
	chunks, err := meter.Int64Counter("leat.embedding.cached", metric.WithUnit("{chunk}"), metric.WithDescription("Chunks whose text has a vector already."))
	if err != nil {
		return nil, fmt.Errorf("count cached chunks: %w", err)
	}
	chunks.Add(ctx, 0)
	return func(ctx context.Context, n int64) { chunks.Add(ctx, n) }, nil
}

func (t told) tell(ctx context.Context, texts []string) {
	t.calls.Add(ctx, 1)
	t.texts.Add(ctx, int64(len(texts)))
	if !t.log.Enabled(ctx, slog.LevelDebug) { // the level may change while the worker runs
		return
	}
	hashes := make([]string, len(texts))
	for i, text := range texts {
		sum := sha256.Sum256([]byte(text))
		hashes[i] = hex.EncodeToString(sum[:8])
	}
	t.log.Debug("embedding", "texts", len(texts), "sha256", strings.Join(hashes, ","))
}
