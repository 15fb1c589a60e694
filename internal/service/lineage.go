package service

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

// MaxLineage bounds the chunks in one LineageAnswer.
const MaxLineage = 1000

// LineageRequest asks for the origin of the points of a file.
type LineageRequest struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, the end of either, or its id
	Ref        string   // branch, tag or full name; "": the only one that is indexed
	Path       string   // path from the repository's root
	From       int      // number of the first chunk, from 0
	Limit      int      // largest number of chunks, 1 to MaxLineage; 0: MaxLineage
}

// LineageAnswer traces the points of a file back to the event that asked for them.
type LineageAnswer struct {
	At
	Path       string         `json:"path"`
	Document   string         `json:"document" doc:"Id."`
	State      string         `json:"state"`
	Error      string         `json:"error,omitempty" doc:"Error of the last attempt that failed."`
	Lane       string         `json:"lane"`
	Blob       string         `json:"blob" doc:"SHA-256 of the text."`
	Size       int            `json:"size" doc:"Bytes of the text."`
	Pack       string         `json:"pack" doc:"Object that holds the text; empty if the text is empty."`
	Language   string         `json:"language"`
	Chunker    int            `json:"chunker" doc:"Version of the chunker that cut the text."`
	Count      int            `json:"count" doc:"Number of all chunks."`
	Brought    Origin         `json:"brought_by" doc:"The commit that brought the text, and the submission that led to it."`
	Embedder   string         `json:"embedder" doc:"Model of the active generation."`
	Dimensions int            `json:"dimensions" doc:"Number of dimensions of its vectors."`
	Collection string         `json:"collection" doc:"Collection that holds the points."`
	Chunks     []LineageChunk `json:"chunks" nullable:"false"`
	More       bool           `json:"more" doc:"There are further chunks."`
}

// Origin is the snapshot that brought a text, and the submission that led to it.
type Origin struct {
	Commit      string     `json:"commit" doc:"In hex."`
	Revision    int64      `json:"revision"`
	Source      string     `json:"source,omitempty" doc:"Source that published the submission; absent: the submission is forgotten."`
	Event       string     `json:"event,omitempty" doc:"Id of the submission's event."`
	SubmittedAt time.Time  `json:"submitted_at"`
	BegunAt     time.Time  `json:"begun_at"`
	ListedAt    *time.Time `json:"listed_at"`
	IndexedAt   *time.Time `json:"indexed_at"`
}

// LineageChunk is a chunk with its point and its vector.
type LineageChunk struct {
	Ordinal   int    `json:"ordinal"`
	StartLine int    `json:"start_line" doc:"First line, counted from 1."`
	EndLine   int    `json:"end_line" doc:"Inclusive."`
	StartByte int    `json:"start_byte"`
	EndByte   int    `json:"end_byte"`
	Kind      string `json:"kind"`
	Symbol    string `json:"symbol"`
	Text      string `json:"text" doc:"SHA-256."`
	Point     string `json:"point" doc:"Id of the point in the collection."`
	Embedded  bool   `json:"embedded" doc:"The text has a vector of the embedder."`
	Pack      string `json:"pack,omitempty" doc:"Object that holds the vector."`
}

// Lineage says for each chunk of a file from which blob, event and model its point comes.
func (s *Service) Lineage(ctx context.Context, r LineageRequest) (a LineageAnswer, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return a, err
	}
	if r.Limit == 0 {
		r.Limit = MaxLineage
	}
	if r.Limit < 1 || r.Limit > MaxLineage || r.From < 0 {
		return a, badLimit(r.Limit, MaxLineage, "chunks")
	}
	head, file, place, err := s.locate(ctx, r.Tenant, r.Reach, r.Repository, r.Ref, r.Path)
	if err != nil {
		return a, err
	}
	if file.Former {
		return a, notKept(place.Commit, "and "+r.Path+" has no points of it any more")
	}
	id := document(head.ID, r.Path)
	l, err := s.stores.Catalog.Lineages.Of(ctx, id)
	if err != nil {
		return a, err
	}
	active, err := s.active(ctx)
	if err != nil {
		return a, err
	}
	list, err := s.stores.Catalog.Lineages.Chunks(ctx, id, active.Embedder.ID, r.From-1, r.Limit+1)
	if err != nil {
		return a, err
	}
	a = lineage(l)
	a.At, a.Path, a.Document = place, r.Path, id.String()
	a.Embedder, a.Dimensions, a.Collection = active.Embedder.Name, active.Embedder.Dimensions, active.Collection
	if a.More = len(list) > r.Limit; a.More {
		list = list[:r.Limit]
	}
	a.Chunks = make([]LineageChunk, len(list))
	for i, c := range list {
		a.Chunks[i] = LineageChunk{
			c.Ordinal, c.StartLine, c.EndLine, c.StartByte, c.EndByte, c.Kind, c.Symbol, hex.EncodeToString(c.Text[:]),
			events.PointID(id, l.Blob, l.Chunker, c.Ordinal).String(), c.Embedded, c.Pack,
		}
	}
	return a, nil
}

func lineage(l catalog.Lineage) LineageAnswer {
	return LineageAnswer{
		State: string(l.State), Error: l.Error, Lane: string(l.Lane), Blob: hex.EncodeToString(l.Blob[:]), Size: l.Size, Pack: l.Pack, Language: l.Language,
		Chunker: l.Chunker, Count: l.Chunks,
		Brought: Origin{l.Commit, l.Revision, l.Source, l.Event, l.SubmittedAt.UTC(), l.BegunAt.UTC(), l.ListedAt, l.IndexedAt},
	}
}
