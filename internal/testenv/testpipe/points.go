package testpipe

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/vector"
)

// Counting counts the texts that are embedded.
type Counting struct {
	embedder.Embedder
	Texts atomic.Int64
}

// Embed implements embedder.Embedder.
func (c *Counting) Embed(ctx context.Context, texts []string, purpose embedder.Purpose) ([][]float32, error) {
	c.Texts.Add(int64(len(texts)))
	return c.Embedder.Embed(ctx, texts, purpose)
}

// WritePoints writes points into the index.
func (p *Pipe) WritePoints(t testing.TB, list ...vector.Point) {
	t.Helper()
	must(t, p.Points.Upsert(t.Context(), p.Generation.Collection, list))
}

// RemovePoints deletes points of the index.
func (p *Pipe) RemovePoints(t testing.TB, list ...vector.Point) {
	t.Helper()
	var ids []uuid.UUID
	for _, point := range list {
		ids = append(ids, point.ID)
	}
	marks, err := p.Points.Held(t.Context(), p.Generation.Collection, ids)
	must(t, err)
	must(t, p.Points.DeleteMarked(t.Context(), p.Generation.Collection, marks))
}
