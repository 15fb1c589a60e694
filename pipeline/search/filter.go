package search

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/secret"
	"github.com/leatworks/leat/pipeline/vector"
)

// filter returns the filter for the points that the query may find. If a file or a directory has the query's path, the
// path is taken literally, so that a path copied from a hit finds that file whatever characters it holds. Otherwise the
// path is a glob.
func (s *Searcher) filter(ctx context.Context, q Query, dense []float32) (vector.Filter, error) {
	f := vector.Filter{Tenant: q.Tenant, Repositories: q.Repositories, Refs: q.Refs, Apart: q.Apart, Languages: q.Languages, Kinds: q.Kinds, Symbols: q.Symbols}
	if q.Path == "" {
		return f, nil
	}
	path := string(secret.Path([]byte(q.Path)))
	place := vector.Filter{Tenant: q.Tenant, Repositories: q.Repositories, Refs: q.Refs, Apart: q.Apart, Place: path}
	exists := false
	if _, err := place.Plan(); err == nil {
		if exists, err = s.holds(ctx, place, dense); err != nil {
			return f, err
		}
	}
	if exists {
		f.Place = path
	} else {
		f.Path = path
	}
	return f, nil
}

// holds reports whether the index holds a point that fits the filter.
func (s *Searcher) holds(ctx context.Context, f vector.Filter, dense []float32) (bool, error) {
	found, err := s.Points.Search(ctx, s.Generation.Collection, vector.Query{Dense: dense, Filter: f, Limit: 1})
	return len(found) > 0, err
}

// near leaves out points that share no word with the query, if the local embedder made the vectors. That embedder knows
// words alone, so such points are near by chance.
func (s *Searcher) near(found []vector.Hit) []vector.Hit {
	if s.Embedder.Model().Name != embedder.LocalName {
		return found
	}
	return slices.DeleteFunc(slices.Clone(found), func(h vector.Hit) bool { return h.Apart })
}

// why explains to a person why nothing fits the query and its filter.
func (s *Searcher) why(ctx context.Context, q Query, last vector.Filter, dense []float32) (string, error) {
	f := vector.Filter{Tenant: q.Tenant, Repositories: q.Repositories, Refs: q.Refs, Apart: q.Apart}
	for _, step := range []struct {
		narrow func()
		reason string
	}{
		{func() {}, "nothing is indexed there yet"},
		{func() { f.Path, f.Place = last.Path, last.Place }, fmt.Sprintf("no indexed file is at %q or below it, or fits it as a glob", q.Path)},
		{func() { f.Languages, f.Kinds = last.Languages, last.Kinds }, "no indexed text is of that language and kind"},
		{func() { f.Symbols = last.Symbols }, "no indexed text defines " + strings.Join(q.Symbols, " or ")},
	} {
		step.narrow()
		if held, err := s.holds(ctx, f, dense); err != nil || !held {
			return step.reason, err
		}
	}
	return "no indexed text holds a word of the query", nil
}
