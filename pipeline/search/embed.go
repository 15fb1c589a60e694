package search

import (
	"context"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
)

// usageLimit bounds the time to record what a query used.
const usageLimit = time.Second

// embed returns the query's vector. Its cost is counted for the tenant and for no repository.
func (s *Searcher) embed(ctx context.Context, q Query) ([][]float32, error) {
	metered, ok := s.Embedder.(embedder.Metered)
	if !ok {
		return s.Embedder.Embed(ctx, []string{q.Text}, embedder.Query)
	}
	dense, costs, err := metered.EmbedMetered(ctx, []string{q.Text}, embedder.Query)
	usage := catalog.Consumption{Tenant: q.Tenant}
	for i, c := range costs {
		if dense[i] != nil {
			usage.Texts++
		}
		usage.Tokens += int64(c.Tokens)
		usage.Requests += c.Requests
		usage.Retries += int64(c.Retries)
		usage.Waited += c.Waited
		usage.Cost += float64(c.Tokens) * metered.Price() / 1e6
	}
	if usage.Requests > 0 {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), usageLimit)
		defer cancel()
		// The hits matter more than the count. A reader without write access can search too.
		_ = s.Usage.Add(ctx, s.Generation.Embedder.ID, []catalog.Consumption{usage})
	}
	return dense, err
}
