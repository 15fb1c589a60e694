package eval

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/search"
	"github.com/leatworks/leat/pipeline/vector"
)

// A trial ranks by some signals of pipeline/search. Its name is one of these prefixes with the name
// of a signal.
const (
	byAll     = "search, no signal but "
	byAllBut  = "search without "
	byNothing = "search, no signal" // fused scores, folded and joined
)

// compared lists the rankings of a benchmark, including the trials of the signals if they are
// wanted.
func compared(trials bool) []string {
	list := slices.Clone(rankings)
	if !trials {
		return list
	}
	list = append(list, byNothing)
	for _, s := range search.Signals() {
		list = append(list, byAll+s.Name, byAllBut+s.Name)
	}
	return list
}

// trial returns the signals of the trial with a name, and whether there is one.
func trial(name string) ([]search.Signal, bool) {
	if name == byNothing {
		return []search.Signal{}, true
	}
	for i, s := range search.Signals() {
		switch name {
		case byAll + s.Name:
			return []search.Signal{s}, true
		case byAllBut + s.Name:
			return slices.Delete(search.Signals(), i, i+1), true
		}
	}
	return nil, false
}

// try searches a repository by some signals.
func (x *index) try(ctx context.Context, points search.Points, signals []search.Signal, text string, repository uuid.UUID) ([][]answer, error) {
	searcher := search.Searcher{
		Files: x.stores.Catalog, Usage: x.stores.Catalog.Usage, Points: points, Blobs: x.stores.Blobs,
		Embedder: x.embedder, Generation: x.stores.Generation, Signals: signals,
	}
	found, err := searcher.Search(ctx, search.Query{
		Text: text, Tenant: events.DefaultTenant, Repositories: []uuid.UUID{repository}, Limit: Depth,
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

// remembered asks the index a question once, and answers each trial of it from memory.
type remembered struct {
	search.Points
	answers map[int][]vector.Hit // by limit
}

// Search implements [search.Points] for one question.
func (r remembered) Search(ctx context.Context, collection string, q vector.Query) ([]vector.Hit, error) {
	if found, known := r.answers[q.Limit]; known {
		return slices.Clone(found), nil
	}
	found, err := r.Points.Search(ctx, collection, q)
	if err == nil {
		r.answers[q.Limit] = slices.Clone(found)
	}
	return found, err
}
