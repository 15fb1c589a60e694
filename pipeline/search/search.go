// Package search answers queries. It finds points in the index, and reads the lines of their chunks.
//
// It trusts the index only to say which points are near a query. The text of a hit comes from the blob that the point
// names, and the blob's checksum is verified. So a hit always shows lines that are in the file at the commit that it
// names.
package search

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/vector"
)

// Limits of a query.
const (
	DefaultLimit = 10
	MaxLimit     = 100
	maxQuery     = 16 << 10 // bytes
)

// Query is a reader's request.
type Query struct {
	Text         string
	Tenant       string
	Repositories []uuid.UUID // empty: all of the tenant's
	Refs         []string    // full names; empty: all
	Apart        []uuid.UUID // tracks that are left out
	Languages    []string    // as go-enry names them; empty: all
	Kinds        []string    // kinds of chunks; empty: all
	Symbols      []string    // names of definitions, with or without their owners; empty: all
	Path         string      // a file, a directory, or a glob over the whole path; empty: all
	Limit        int         // default 10, at most 100
	Parts        bool        // several parts of a good file are wanted, for a reader who reads them together
}

// Hit is a range of lines.
type Hit struct {
	Repository uuid.UUID
	Track      uuid.UUID
	Ref        string
	Commit     string
	Revision   int64 // revision of the commit's snapshot
	Path       string
	StartLine  int // from 1
	EndLine    int // inclusive
	// Partial says that Text is only a part of a line that is too long to show whole. It is the bytes StartByte to
	// EndByte of the file.
	Partial            bool
	StartByte, EndByte int    // of the file
	Encoding           string // the file's encoding if Text was decoded, or the format that Text was taken from; "" is UTF-8
	Language           string
	Kind               string
	Symbol             string
	Symbols            []vector.Symbol // the definitions of which Text shows a line
	Score              float32
	Text               string
	// Places are the other places with the same text, apart from blanks. One hit stands for all of them.
	Places []Place
}

// Place is another place of a hit's text.
type Place struct {
	Repository uuid.UUID
	Track      uuid.UUID
	Ref        string
	Commit     string
	Path       string
	StartLine  int // from 1
	EndLine    int // inclusive
}

// Points finds points by their vectors. [vector.Store] implements it.
type Points interface {
	Search(ctx context.Context, collection string, q vector.Query) ([]vector.Hit, error)
}

// Files knows where the text of a hit is stored, and at which commit the hit is found. The catalog implements it.
type Files interface {
	BlobSpans(ctx context.Context, hashes [][]byte) (map[[32]byte]catalog.Span, error)
	CurrentCommits(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]catalog.CurrentCommit, error)
}

// Blobs reads texts. [blob.Store] and [blob.Cache] implement it.
type Blobs interface {
	Read(ctx context.Context, spans []blob.Span, fn func(i int, data []byte) error) error
}

// Searcher answers queries against the active generation.
type Searcher struct {
	Files      Files
	Usage      *catalog.Usage
	Points     Points
	Blobs      Blobs
	Embedder   embedder.Embedder
	Generation catalog.Generation
	Signals    []Signal // rules of the ranking; default: all
}

// Answer holds the best hits, best first.
type Answer struct {
	Hits  []Hit
	Empty string // why there are no hits, for people; "" if there are some
}

// Search returns the best hits, or the reason why there are none.
func (s *Searcher) Search(ctx context.Context, q Query) (Answer, error) {
	if err := q.check(); err != nil {
		return Answer{}, fault.Reject(err)
	}
	if len(termsOf(q.Text)) == 0 && len(q.Symbols) == 0 {
		return Answer{Empty: "the query has no word to look for: give it a letter or a digit"}, nil
	}
	dense, err := s.embed(ctx, q)
	if err != nil {
		return Answer{}, fmt.Errorf("embed query: %w", err)
	}
	if len(dense) != 1 {
		return Answer{}, fmt.Errorf("embed query: embedder %s returned %d vectors for one text", s.Embedder.Model().Name, len(dense))
	}
	filter, err := s.filter(ctx, q, dense[0])
	if err != nil {
		return Answer{}, err
	}
	hits, err := s.best(ctx, q, filter, dense[0])
	if err != nil || len(hits) > 0 {
		return Answer{Hits: hits}, err
	}
	why, err := s.why(ctx, q, filter, dense[0])
	return Answer{Empty: why}, err
}

// best asks for more and more candidates until they yield enough hits.
func (s *Searcher) best(ctx context.Context, q Query, filter vector.Filter, dense []float32) ([]Hit, error) {
	definitions, err := s.definitions(ctx, q, filter, dense)
	if err != nil {
		return nil, err
	}
	for n, read := candidates(q.Limit), shortlist(q.Limit); ; n, read = 4*n, 4*read {
		found, err := s.Points.Search(ctx, s.Generation.Collection, q.points(filter, dense, n))
		if err != nil {
			return nil, err
		}
		list, err := newCandidates(with(s.near(found), definitions))
		if err != nil {
			return nil, err
		}
		hits, all, err := s.hits(ctx, list, read, q)
		if err != nil {
			return nil, err
		}
		if len(hits) == q.Limit || all && len(found) < n || n >= maxCandidates {
			return hits, nil
		}
	}
}

// points returns the request for the n points to rank. A symbol in the query counts as a word of the query, because the
// text that defines the symbol holds its name.
func (q *Query) points(filter vector.Filter, dense []float32, n int) vector.Query {
	text := q.Text
	if len(q.Symbols) > 0 {
		text += "\n" + strings.Join(q.Symbols, "\n")
	}
	return vector.Query{Dense: dense, Sparse: vector.Sparse(embedder.QueryTerms(text)), Filter: filter, Limit: n}
}

// hits ranks the candidates, reads the best n of them, and makes hits of these. all says whether it read all of them.
func (s *Searcher) hits(ctx context.Context, list []candidate, n int, q Query) (hits []Hit, all bool, err error) {
	asked := newQuestion(q.Text)
	asked.parts = q.Parts
	list = apply(s.rules(), asked, list)
	all, list = len(list) <= n, list[:min(len(list), n)]
	if list, err = s.load(ctx, list, q.Symbols); err != nil {
		return nil, false, err
	}
	for i := range list {
		own := termsIn(list[i].hit.Symbol + "\n" + list[i].hit.Text)
		list[i].held, list[i].terms = asked.terms.shared(own), asked.terms.in(own)
	}
	list = fold(list, (*candidate).words)
	rank(list)
	for _, rule := range s.rules() {
		if rule.read != nil {
			rule.read(asked, list, rule.constant(asked))
			rank(list)
		}
	}
	list = merge(list, q.Limit)
	hits = make([]Hit, len(list))
	for i := range list {
		hits[i] = list[i].whole()
	}
	return hits, all, nil
}

func (s *Searcher) rules() []Signal {
	if s.Signals == nil {
		return signals
	}
	return s.Signals
}

func (q *Query) check() error {
	if q.Limit == 0 {
		q.Limit = DefaultLimit
	}
	switch {
	case strings.TrimSpace(q.Text) == "":
		return errors.New("the query is empty: say what to look for")
	case len(q.Text) > maxQuery:
		return fmt.Errorf("the query has %d bytes; at most %d are accepted", len(q.Text), maxQuery)
	case q.Limit < 1 || q.Limit > MaxLimit:
		return fmt.Errorf("limit %d: ask for 1 to %d hits", q.Limit, MaxLimit)
	}
	return nil
}

func newHit(p vector.Payload, score float32) Hit {
	return Hit{
		Repository: p.Repository, Track: p.Track, Ref: p.Ref, Commit: p.Commit, Revision: p.Revision, Path: p.Path,
		StartLine: p.StartLine, EndLine: p.EndLine, StartByte: p.StartByte, EndByte: p.EndByte,
		Language: p.Language, Kind: p.Kind, Symbol: p.Symbol, Score: score,
	}
}
