package eval

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/vector"
)

// The rankings that are compared.
const (
	byDense  = "dense"
	bySparse = "sparse"
	byHybrid = "hybrid" // both, fused by the index
	bySearch = "search" // the ranking of leat search
)

var rankings = []string{byDense, bySparse, byHybrid, bySearch}

// copies are the two repositories of an index.
type copies struct{ plain, bare uuid.UUID }

// scores are the scores of a question, by ranking.
type scores [][3]float64

// ask puts the questions to the index.
func (x *index) ask(ctx context.Context, c copies, questions []question) ([]scores, error) {
	all := make([]scores, len(questions))
	asking, ctx := errgroup.WithContext(ctx)
	asking.SetLimit(runtime.GOMAXPROCS(0))
	for i, q := range questions {
		asking.Go(func() error {
			repository := c.plain
			if q.bare() {
				repository = c.bare
			}
			all[i] = make(scores, len(rankings))
			for j, name := range rankings {
				hits, err := x.hits(ctx, name, q.text, repository)
				if err != nil {
					return fmt.Errorf("ask %q by %s: %w", q.text, name, err)
				}
				mrr, recall, ndcg := measure(judge(hits, q.answers), len(q.answers))
				all[i][j] = [3]float64{mrr, recall, ndcg}
			}
			return nil
		})
	}
	return all, asking.Wait()
}

// hits returns the places that each hit names.
func (x *index) hits(ctx context.Context, ranking, text string, repository uuid.UUID) ([][]answer, error) {
	if ranking == bySearch {
		found, err := x.service.Search(ctx, service.SearchRequest{
			Tenant: events.DefaultTenant, Query: text, Repositories: []string{repository.String()}, Limit: Depth,
		})
		hits := make([][]answer, len(found.Hits))
		for i, h := range found.Hits {
			hits[i] = []answer{{h.Path, lines{h.StartLine, h.EndLine}}}
			for _, p := range h.Places {
				hits[i] = append(hits[i], answer{p.Path, lines{p.StartLine, p.EndLine}})
			}
		}
		return hits, err
	}
	q := vector.Query{Limit: Depth, Filter: vector.Filter{Tenant: events.DefaultTenant, Repositories: []uuid.UUID{repository}}}
	if ranking != bySparse {
		dense, err := x.embedder.Embed(ctx, []string{text}, embedder.Query)
		if err != nil {
			return nil, err
		}
		q.Dense = dense[0]
	}
	if ranking != byDense {
		q.Sparse = vector.Sparse(embedder.QueryTerms(text))
	}
	found, err := x.stores.Points.Search(ctx, x.stores.Generation.Collection, q)
	hits := make([][]answer, len(found))
	for i, h := range found {
		hits[i] = []answer{{h.Payload.Path, lines{h.Payload.StartLine, h.Payload.EndLine}}}
	}
	return hits, err
}

// judge says which answers each hit finds.
func judge(hits [][]answer, answers []answer) ranking {
	r := make(ranking, len(hits))
	for i, places := range hits {
		for n, a := range answers {
			if slices.ContainsFunc(places, func(hit answer) bool { return hit.path == a.path && hit.finds(a.lines) }) {
				r[i] = append(r[i], n)
			}
		}
	}
	return r
}

// finds says whether two ranges share half of the shorter one.
func (l lines) finds(other lines) bool {
	shared := min(l.last, other.last) - max(l.first, other.first) + 1
	return shared > 0 && 2*shared >= min(l.count(), other.count())
}
