package service

import (
	"cmp"
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
	Tenant       string
	Reach        []string // globs of repositories that may be seen; empty: all of the tenant's
	Query        string
	Repositories []string // each its URL, its path, or the end of one of them; empty: all
	Ref          string   // branch, tag or full name; "": all
	Languages    []string // by GitHub's names or aliases; empty: all
	Kinds        []string // kinds of chunks; empty: all
	Symbols      []string // names of definitions, qualified or not; empty: all
	Path         string   // a file, a directory, or a glob over the whole path: * stays in a directory, ** does not; "": all
	Limit        int      // largest number of hits, 1 to search.MaxLimit; 0: search.DefaultLimit
	MaxBytes     int      // largest size of the hits in JSON, LeastBytes or more; 0: no bound
	MaxTokens    int      // largest number of tokens of the hits in JSON, where BytesPerToken bytes count as one; 0: no bound
	After        string   // Next of the previous answer; "": the best hits
	Calls        bool     // hits list the callers and callees of their definitions

	parts bool // see [search.Query]
}

// SearchAnswer holds the hits, the best first.
type SearchAnswer struct {
	Hits       []Hit  `json:"hits" nullable:"false" doc:"The best first."`
	Generation int64  `json:"generation" doc:"The generation of the index that answered."`
	Next       string `json:"next,omitempty" doc:"Cursor of further hits; absent: there are no more."`
	Empty      string `json:"empty,omitempty" doc:"Why there are no hits; absent: there are hits."`
	Cut        string `json:"cut,omitempty" doc:"What a bound on the answer's size has left out, and how to get it; absent: nothing."`

	Waking []Turned `json:"waking,omitempty" doc:"Sleeping refs that the search names. They come back within seconds; absent: none."`
	Slept  int64    `json:"slept,omitempty" doc:"Number of refs that were left out because they sleep. Name their repository to wake them. Only for searches that name no repository, and no ref that only one repository has."`
}

// Hit is a range of lines.
type Hit struct {
	Repository string      `json:"repository" doc:"URL of the repository."`
	Ref        string      `json:"ref" doc:"Full name."`
	Commit     string      `json:"commit" doc:"Commit in hex. The file has the lines at this commit."`
	Path       string      `json:"path"`
	StartLine  int         `json:"start_line" doc:"First line, counted from 1."`
	EndLine    int         `json:"end_line" doc:"Inclusive."`
	Partial    bool        `json:"partial,omitempty" doc:"text is bytes start_byte to end_byte of a very long line."`
	StartByte  int         `json:"start_byte"`
	EndByte    int         `json:"end_byte"`
	Encoding   string      `json:"encoding,omitempty" doc:"The encoding or the format of the file, if text was converted from it."`
	Language   string      `json:"language"`
	Kind       string      `json:"kind"`
	Symbol     string      `json:"symbol"`
	Symbols    []HitSymbol `json:"symbols,omitempty" doc:"The definitions that have a line in text, in their order."`
	Score      float32     `json:"score" doc:"Higher is better; scores of different queries cannot be compared."`
	Text       string      `json:"text" doc:"The lines, with secrets masked."`
	CutLines   int         `json:"cut_lines,omitempty" doc:"Number of lines after end_line that are left out, because the answer would be too large."`
	Places     []Place     `json:"places,omitempty" doc:"Other places with the same text among the results."`
	Calls      *HitCalls   `json:"calls,omitempty" doc:"Calls to the definitions of the hit, and from them. Absent: the request did not ask for them, or the hit's file is in no symbol graph."`
	Revision   int64       `json:"revision" doc:"Revision of the commit's snapshot."`
	Underway   bool        `json:"underway" doc:"A newer commit of the ref is being read or indexed."`

	document, track uuid.UUID
}

// HitSymbol is a definition in a hit.
type HitSymbol struct {
	Symbol    string `json:"symbol" doc:"Name with the names of the definitions around it."`
	StartLine int    `json:"start_line" doc:"First line that the hit shows of it, counted from 1."`
	EndLine   int    `json:"end_line" doc:"Inclusive."`
}

// Place is another place of a hit's text.
type Place struct {
	Repository string `json:"repository" doc:"URL of the repository."`
	Ref        string `json:"ref"`
	Commit     string `json:"commit"`
	Path       string `json:"path"`
	StartLine  int    `json:"start_line"`
	EndLine    int    `json:"end_line"`
}

// kinds are the kinds of chunks.
var kinds = []string{
	chunk.KindFunction, chunk.KindMethod, chunk.KindType, chunk.KindConst, chunk.KindVar,
	chunk.KindDeclarations, chunk.KindHeader, chunk.KindSection, chunk.KindCell, chunk.KindLines,
}

// ChunkKinds lists the kinds of chunks that a search can filter by.
func ChunkKinds() []string { return slices.Clone(kinds) }

// Search finds code in the active generation. It asks the catalog each time which generation is
// active, so that it follows swaps and rollbacks.
func (s *Service) Search(ctx context.Context, r SearchRequest) (a SearchAnswer, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres|store.S3|store.Qdrant); err != nil {
		return a, err
	}
	seen, err := r.seen()
	if err != nil {
		return a, err
	}
	query, meant, err := s.query(ctx, r, len(seen))
	if err != nil {
		return a, err
	}
	switch {
	case r.names(meant):
		a.Waking, err = s.stir(ctx, meant)
	case r.Ref != "":
		a.Slept = asleep(meant)
		meant = nil
	default:
		a.Slept, err = s.slept(ctx, r, query.Apart)
	}
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
			if len(found.Hits) == 0 {
				a.Hits = []Hit{}
				if a.Empty, err = s.empty(ctx, r, found.Empty); err != nil {
					return a, err
				}
				if len(a.Waking) > 0 {
					a.Empty = "what slept is waking: ask again in some seconds"
				}
				return a, s.note(ctx, meant, nil)
			}
			if a.Hits, err = s.located(ctx, r.Tenant, found.Hits); err != nil {
				return a, err
			}
			full := a.choose(r, query.Limit, seen)
			if r.Calls {
				if err := s.calling(ctx, a.Hits); err != nil {
					return a, err
				}
			}
			if err := a.page(r, seen, full); err != nil {
				return a, err
			}
			return a, s.note(ctx, meant, a.Hits)
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

func (s *Service) searchIn(ctx context.Context, g catalog.Generation, q search.Query) (search.Answer, error) {
	model, err := s.model(g.Embedder)
	if err != nil {
		return search.Answer{}, err
	}
	searcher := search.Searcher{
		Files: s.stores.Catalog, Usage: s.stores.Catalog.Usage, Points: s.stores.Points, Blobs: s.texts,
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
	if r.MaxBytes < 0 || r.MaxTokens < 0 || r.MaxBytes > 0 && r.MaxBytes < LeastBytes || r.MaxTokens > 0 && r.MaxTokens*BytesPerToken < LeastBytes {
		reason := fmt.Sprintf("an answer needs room for at least %d bytes, or %d tokens", LeastBytes, tokens(LeastBytes))
		return &Error{Kind: Invalid, Field: FieldLimit, Reason: reason}
	}
	for _, kind := range r.Kinds {
		if !slices.Contains(kinds, kind) {
			return &Error{Kind: Invalid, Field: FieldKind, Value: kind, Reason: "unknown kind; there are " + strings.Join(kinds, ", ")}
		}
	}
	return nil
}

// query checks the request. shown is the number of hits that earlier pages have shown. It asks the
// catalog only if the request names something. meant are the tracks of the repositories and of the ref
// that the request names, as far as the search looks into them.
func (s *Service) query(ctx context.Context, r SearchRequest, shown int) (q search.Query, meant []catalog.Head, err error) {
	q = search.Query{Text: r.Query, Tenant: r.Tenant, Kinds: r.Kinds, Symbols: r.Symbols, Path: r.Path, Parts: r.parts}
	q.Limit = min(cmp.Or(r.Limit, search.DefaultLimit)+shown, search.MaxLimit)
	if err := r.Check(); err != nil {
		return q, nil, err
	}
	if q.Languages, err = languages(r.Languages); err != nil {
		return q, nil, err
	}
	if r.Ref == "" {
		if q.Apart, err = s.stores.Catalog.Versions.TracksApart(ctx, r.Tenant); err != nil {
			return q, nil, err
		}
	}
	bounded := len(r.Repositories) > 0 || restricted(ctx, r.Reach)
	if !bounded && r.Ref == "" {
		return q, nil, nil
	}
	names := r.Repositories
	if len(names) == 0 {
		names = []string{""}
	}
	var tracks []catalog.Head
	for _, name := range names {
		found, err := s.Tracks(ctx, TracksRequest{Tenant: r.Tenant, Reach: r.Reach, Repository: name})
		if err != nil {
			return q, nil, err
		}
		tracks = append(tracks, found...)
	}
	if bounded {
		if q.Repositories = repositories(tracks); len(q.Repositories) == 0 {
			q.Repositories = []uuid.UUID{uuid.Nil} // no repository, since an empty list would mean all
		}
	}
	if r.Ref != "" {
		tracks = named(tracks, r.Ref)
		if q.Refs = refsOf(tracks); len(q.Refs) == 0 {
			return q, nil, noRef(r.Ref)
		}
		if !bounded && r.names(tracks) { // a version, or a commit: others have a ref of that name at another commit
			q.Repositories = repositories(tracks)
		}
	}
	if len(r.Repositories) > 0 || r.Ref != "" {
		meant = slices.DeleteFunc(tracks, func(h catalog.Head) bool { return slices.Contains(q.Apart, h.ID) })
	}
	return q, meant, nil
}

// names says whether a search names tracks, so that it wakes those that sleep: by their
// repositories, or by a ref of one repository. A ref that many have, such as main, does not.
func (r SearchRequest) names(meant []catalog.Head) bool {
	if len(r.Repositories) > 0 {
		return true
	}
	return r.Ref != "" && !slices.ContainsFunc(meant, func(h catalog.Head) bool { return h.Repository != meant[0].Repository })
}

// asleep counts the tracks that sleep.
func asleep(heads []catalog.Head) (n int64) {
	for _, h := range heads {
		if h.Dormant {
			n++
		}
	}
	return n
}

func badLimit(limit, most int, of string) error {
	return &Error{Kind: Invalid, Field: FieldLimit, Value: strconv.Itoa(limit), Reason: fmt.Sprintf("ask for 1 to %s %s", number.Thousands(most), of)}
}

// located adds the URLs of their repositories to hits.
func (s *Service) located(ctx context.Context, tenant string, found []search.Hit) ([]Hit, error) {
	var ids []uuid.UUID
	for _, h := range found {
		ids = append(ids, h.Track)
		for _, p := range h.Places {
			ids = append(ids, p.Track)
		}
	}
	if len(ids) == 0 {
		return []Hit{}, nil
	}
	heads, err := s.stores.Catalog.Trees.HeadsOf(ctx, tenant, ids)
	if err != nil {
		return nil, err
	}
	hits := make([]Hit, len(found))
	for i, h := range found {
		head := heads[h.Track]
		hits[i] = Hit{
			Repository: head.URL, Ref: h.Ref, Commit: h.Commit, Revision: h.Revision, Underway: underway(head) || head.Revision != h.Revision,
			Path: h.Path, StartLine: h.StartLine, EndLine: h.EndLine, Partial: h.Partial, StartByte: h.StartByte, EndByte: h.EndByte,
			Encoding: h.Encoding, Language: h.Language, Kind: h.Kind, Symbol: h.Symbol, Score: h.Score, Text: h.Text,
			document: document(h.Track, h.Path), track: h.Track,
		}
		for _, d := range h.Symbols {
			hits[i].Symbols = append(hits[i].Symbols, HitSymbol{d.Name, d.StartLine, d.EndLine})
		}
		for _, p := range h.Places {
			hits[i].Places = append(hits[i].Places, Place{heads[p.Track].URL, p.Ref, p.Commit, p.Path, p.StartLine, p.EndLine})
		}
	}
	return hits, nil
}

func underway(h catalog.Head) bool { return h.State != catalog.SnapshotIndexed }
