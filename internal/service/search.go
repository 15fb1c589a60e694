package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/number"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/chunk"
	"github.com/leatworks/leat/pipeline/search"
	"github.com/leatworks/leat/pipeline/vector"
)

// SearchRequest asks for code.
type SearchRequest struct {
	Tenant     string
	Query      string
	Repository string   // its URL, its path, or the end of one of them; "": all
	Ref        string   // branch, tag or full name; "": all
	Languages  []string // by names or aliases of GitHub's; empty: all
	Kinds      []string // of chunks; empty: all
	Symbols    []string // names of definitions, qualified or not; empty: all
	Path       string   // glob over the whole path: * stays in a directory, ** does not; "": all
	Limit      int      // most hits, 1 to search.MaxLimit; 0: search.DefaultLimit
}

// SearchAnswer holds the hits, the best first.
type SearchAnswer struct {
	Generation int64 // the generation that answered
	Hits       []Hit
}

// Hit is a range of lines.
type Hit struct {
	search.Hit
	URL      string  // of the repository
	Underway bool    // the newest commit of the ref is still being read or indexed
	Places   []Place // other places of the same text among the results
}

// Place is another place of a hit's text.
type Place struct {
	search.Place
	URL string // of the repository
}

// kinds are the kinds of chunks.
var kinds = []string{
	chunk.KindFunction, chunk.KindMethod, chunk.KindType, chunk.KindConst, chunk.KindVar,
	chunk.KindDeclarations, chunk.KindHeader, chunk.KindSection, chunk.KindCell, chunk.KindLines,
}

// Search finds code in the active generation. Each search asks the catalog which
// generation is active, so that it follows swaps and rollbacks.
func (s *Service) Search(ctx context.Context, r SearchRequest) (a SearchAnswer, err error) {
	defer mark(&err)
	if err := s.check(r.Tenant, store.Postgres|store.S3|store.Qdrant); err != nil {
		return a, err
	}
	query, err := s.query(ctx, r)
	if err != nil {
		return a, err
	}
	generation, err := s.active(ctx)
	if err != nil {
		return a, err
	}
	for {
		found, err := s.searchIn(ctx, generation, query)
		if err == nil {
			a.Generation = generation.Number
			a.Hits, err = s.named(ctx, r.Tenant, found)
			return a, err
		}
		// The generation has just been dropped, so another is active by now.
		if !errors.Is(err, vector.ErrNoCollection) {
			return a, err
		}
		before := generation.Number
		if generation, _ = s.active(ctx); generation.Number == before || generation.Number == 0 {
			return a, err
		}
	}
}

func (s *Service) searchIn(ctx context.Context, g catalog.Generation, q search.Query) ([]search.Hit, error) {
	model, err := s.model(g.Embedder)
	if err != nil {
		return nil, err
	}
	searcher := search.Searcher{
		Files: s.stores.Catalog, Usage: s.stores.Catalog.Usage, Points: s.stores.Points, Blobs: s.stores.Blobs,
		Embedder: model, Generation: g,
	}
	return searcher.Search(ctx, q)
}

// Check returns the faults that can be found without asking a store.
func (r SearchRequest) Check() error {
	if _, err := languages(r.Languages); err != nil {
		return err
	}
	if r.Limit < 0 || r.Limit > search.MaxLimit {
		return badLimit(r.Limit, search.MaxLimit, "hits")
	}
	for _, kind := range r.Kinds {
		if !slices.Contains(kinds, kind) {
			return &Error{Kind: Invalid, Field: FieldKind, Value: kind, Reason: "no such kind; there are " + strings.Join(kinds, ", ")}
		}
	}
	return nil
}

// query checks the request. It asks the catalog for names only where the
// request has some.
func (s *Service) query(ctx context.Context, r SearchRequest) (q search.Query, err error) {
	q = search.Query{Text: r.Query, Tenant: r.Tenant, Kinds: r.Kinds, Symbols: r.Symbols, Path: r.Path, Limit: r.Limit}
	if err := r.Check(); err != nil {
		return q, err
	}
	if q.Languages, err = languages(r.Languages); err != nil {
		return q, err
	}
	if r.Repository == "" && r.Ref == "" {
		return q, nil
	}
	tracks, err := s.Tracks(ctx, TracksRequest{r.Tenant, r.Repository})
	if err != nil {
		return q, err
	}
	if r.Repository != "" {
		q.Repositories = repositories(tracks, trackOfHead)
	}
	if r.Ref != "" {
		q.Refs = FullRefs(r.Ref)
		if !slices.ContainsFunc(tracks, func(h catalog.Head) bool { return slices.Contains(q.Refs, h.Ref) }) {
			return q, noRef(r.Ref)
		}
	}
	return q, nil
}

func badLimit(limit, most int, of string) error {
	return &Error{Kind: Invalid, Field: FieldLimit, Value: strconv.Itoa(limit), Reason: fmt.Sprintf("ask for 1 to %s %s", number.Thousands(most), of)}
}

// named gives hits the URLs of their repositories.
func (s *Service) named(ctx context.Context, tenant string, found []search.Hit) ([]Hit, error) {
	var ids []uuid.UUID
	for _, h := range found {
		ids = append(ids, h.Track)
		for _, p := range h.Places {
			ids = append(ids, p.Track)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	heads, err := s.stores.Catalog.HeadsOf(ctx, tenant, ids)
	if err != nil {
		return nil, err
	}
	hits := make([]Hit, len(found))
	for i, h := range found {
		head := heads[h.Track]
		hits[i] = Hit{Hit: h, URL: head.URL, Underway: underway(head)}
		for _, p := range h.Places {
			hits[i].Places = append(hits[i].Places, Place{p, heads[p.Track].URL})
		}
	}
	return hits, nil
}

func underway(h catalog.Head) bool { return h.State != catalog.SnapshotIndexed }
