package generation

import (
	"context"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
)

const (
	// sampleEvery is how often progress is measured: it counts all documents.
	sampleEvery = 4 * time.Second
	// sampleWeight is the weight of the newest sample in the rate.
	sampleWeight = 0.4
)

// sample records how far a generation has come and how fast it grows.
func (k *Keeper) sample(ctx context.Context, g catalog.GenerationStatus) error {
	if g.Sampled && g.SampledAge < sampleEvery {
		return nil
	}
	n, err := k.points.CountAll(ctx, g.Collection)
	if err != nil {
		return err
	}
	chunks, err := k.generations.CountChunks(ctx)
	if err != nil {
		return err
	}
	points, rate := int64(n), 0.0
	if g.Sampled {
		rate = float64(max(points-g.Points, 0)) / g.SampledAge.Seconds()
		if g.Rate > 0 {
			rate = sampleWeight*rate + (1-sampleWeight)*g.Rate
		}
	}
	return k.generations.Sample(ctx, g.Number, points, chunks, rate)
}
