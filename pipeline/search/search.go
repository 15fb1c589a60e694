// Package search answers queries: it finds points, and reads the lines that
// they stand for.
//
// It trusts the index for what is near a query and nothing else: the text
// comes from the blob that the point names, whose checksum is verified, so a
// hit always shows lines that are in the file at the commit it names.
package search

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/text"
	"github.com/leatworks/leat/pipeline/vector"
)

// Limits of a query.
const (
	DefaultLimit = 10
	MaxLimit     = 100
	maxQuery     = 16 << 10 // bytes

	// wholeLines bounds how far a chunk that begins or ends inside a line is
	// widened to whole lines, in bytes.
	wholeLines = 64 << 10
)

// Query is what somebody looks for.
type Query struct {
	Text         string
	Tenant       string
	Repositories []uuid.UUID // empty: all of the tenant's
	Refs         []string    // full names; empty: all
	Languages    []string    // as go-enry names them; empty: all
	Path         string      // glob over the whole path; empty: all
	Limit        int         // default 10, at most 100
}

// Hit is a range of lines.
type Hit struct {
	Repository uuid.UUID
	Ref        string
	Commit     string
	Path       string
	StartLine  int // from 1
	EndLine    int // inclusive
	// Partial says that Text is only a part of a line that is too long to show
	// whole: bytes StartByte to EndByte of the file.
	Partial            bool
	StartByte, EndByte int    // of the file
	Encoding           string // of the file, if Text was decoded; "" is UTF-8
	Language           string
	Kind               string
	Symbol             string
	Score              float32
	Text               string
}

// Searcher answers queries against the active generation.
type Searcher struct {
	Catalog    *catalog.Catalog
	Points     *vector.Store
	Blobs      *blob.Store
	Embedder   embedder.Embedder
	Generation catalog.Generation
}

// Search returns the best hits, the best first.
func (s *Searcher) Search(ctx context.Context, q Query) ([]Hit, error) {
	if err := q.check(); err != nil {
		return nil, fault.Reject(err)
	}
	dense, err := s.Embedder.Embed(ctx, []string{q.Text}, embedder.Query)
	if err != nil {
		return nil, fmt.Errorf("embed query: %w", err)
	}
	if len(dense) != 1 {
		return nil, fmt.Errorf("embed query: embedder %s returned %d vectors for one text", s.Embedder.Model().Name, len(dense))
	}
	found, err := s.Points.Search(ctx, s.Generation.Collection, vector.Query{
		Dense:  dense[0],
		Sparse: vector.Sparse(embedder.QueryTerms(q.Text)),
		Filter: vector.Filter{Tenant: q.Tenant, Repositories: q.Repositories, Refs: q.Refs, Languages: q.Languages, Path: q.Path},
		Limit:  q.Limit,
	})
	if err != nil {
		return nil, err
	}
	hits := make([]Hit, len(found))
	for i, f := range found {
		hits[i] = newHit(f)
	}
	if err := s.refresh(ctx, found, hits); err != nil {
		return nil, err
	}
	return s.read(ctx, found, hits)
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

func newHit(f vector.Hit) Hit {
	p := f.Payload
	return Hit{
		Repository: p.Repository, Ref: p.Ref, Commit: p.Commit, Path: p.Path,
		StartLine: p.StartLine, EndLine: p.EndLine, StartByte: p.StartByte, EndByte: p.EndByte,
		Language: p.Language, Kind: p.Kind, Symbol: p.Symbol, Score: f.Score,
	}
}

// refresh names the track's current commit where the document is the same
// there; the point knows only the commit that last changed it.
func (s *Searcher) refresh(ctx context.Context, found []vector.Hit, hits []Hit) error {
	ids := make([]uuid.UUID, len(found))
	for i, f := range found {
		ids[i] = f.Payload.Document
	}
	current, err := s.Catalog.CurrentCommits(ctx, ids)
	if err != nil {
		return err
	}
	for i, f := range found {
		if c, known := current[f.Payload.Document]; known && c.Revision == f.Payload.Revision {
			hits[i].Commit, hits[i].Encoding = c.Commit, c.Encoding
		}
	}
	return nil
}

// read fills in the text of the hits. It leaves out those whose text has been
// collected as garbage: their document has changed, and its new points are
// more than the grace late.
func (s *Searcher) read(ctx context.Context, found []vector.Hit, hits []Hit) ([]Hit, error) {
	hashes := make([][]byte, len(found))
	for i, f := range found {
		hash, err := hex.DecodeString(f.Payload.Blob)
		if err != nil || len(hash) != 32 {
			return nil, fmt.Errorf("point %s names a blob that is no SHA-256", f.ID)
		}
		hashes[i] = hash
	}
	known, err := s.Catalog.BlobSpans(ctx, hashes)
	if err != nil {
		return nil, err
	}
	shown := make([]Hit, 0, len(hits))
	var spans []blob.Span
	var users [][]int // of each span: the hits that show a part of it
	at := make(map[[32]byte]int)
	for i, hash := range hashes {
		key := [32]byte(hash)
		span, stored := known[key]
		if !stored {
			continue
		}
		if _, seen := at[key]; !seen {
			at[key] = len(spans)
			spans, users = append(spans, blob.Span(span)), append(users, nil)
		}
		users[at[key]] = append(users[at[key]], len(shown))
		shown = append(shown, hits[i])
	}
	return shown, s.Blobs.Read(ctx, spans, func(i int, content []byte) error {
		for _, u := range users[i] {
			if err := shown[u].show(content); err != nil {
				return fmt.Errorf("show a hit in %q: %w", shown[u].Path, err)
			}
		}
		return nil
	})
}

// show takes the hit's lines out of the blob.
func (h *Hit) show(content []byte) error {
	if h.StartByte < 0 || h.EndByte > len(content) || h.StartByte >= h.EndByte {
		return fmt.Errorf("bytes %d to %d of a blob of %d bytes", h.StartByte, h.EndByte, len(content))
	}
	start := bytes.LastIndexByte(content[:h.StartByte], '\n') + 1
	end := h.EndByte
	if content[end-1] != '\n' {
		if n := bytes.IndexByte(content[end:], '\n'); n >= 0 {
			end += n + 1
		} else {
			end = len(content)
		}
	}
	if end-start > wholeLines {
		h.Partial = true
	} else {
		h.StartByte, h.EndByte = start, end
	}
	h.Text = string(content[h.StartByte:h.EndByte])
	in := text.Encoding(h.Encoding)
	h.StartByte, h.EndByte = in.Offset(content, h.StartByte), in.Offset(content, h.EndByte)
	return nil
}
