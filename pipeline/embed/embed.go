// Package embed is the embedder's step: it gives every chunk of a document its vector.
//
// It owns the vector packs. It does not rely on the content of an event: the catalog tells it the state of the
// document.
package embed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/wait"
	"github.com/leatworks/leat/pipeline"
	"github.com/leatworks/leat/pipeline/announce"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
)

// Config sets how batches form, and how much they may cost. The defaults in brackets are for a model behind a network.
type Config struct {
	BatchDocuments int           // most documents worked on together; default 256 [64]
	BatchTexts     int           // most texts in one call of the embedder; default 256 [1024]
	BatchWait      time.Duration // how long the first document waits for others; default 20 ms
	BatchPause     time.Duration // a live batch waits no longer once none has come for this time; default 2 ms
	Batches        int           // most batches under way at once, so that one reads while another embeds; default 2 [8]

	// Budget returns the limit of a tenant for one UTC day. Default: no tenant has a limit.
	Budget func(ctx context.Context, tenant string) (catalog.Budget, error)

	// Watch measures batches and the parts of the step. Default: nobody.
	Watch *pipeline.Watch
	// Cached is told how many chunks of a batch have a vector already. Default: nobody.
	Cached func(ctx context.Context, chunks int64)
}

// The defaults. With them, the vectors of a batch are one pack of one to two MiB.
const (
	DefaultBatchDocuments = 256
	DefaultBatchTexts     = 256
	DefaultBatchWait      = 20 * time.Millisecond
	DefaultBatchPause     = 2 * time.Millisecond // ten times the distance of a listing's events

	DefaultBatches = 2

	// groupBytes bounds the blobs that are in memory together.
	groupBytes = 8 << 20
)

// The defaults for a model behind a network. Its client forms requests from the texts of all batches, so more batches
// are under way, to keep the model busy while others read and store.
const (
	DefaultRemoteDocuments = 64
	DefaultRemoteTexts     = 1024
	DefaultRemoteBatches   = 8
)

// Documents are the documents that are to be embedded. The catalog holds them.
type Documents interface {
	Documents(ctx context.Context, ids []uuid.UUID) ([]catalog.Document, error)
	MarkEmbedded(ctx context.Context, embedder int32, docs []catalog.Current) error
	Postpone(ctx context.Context, docs []catalog.Current, wait time.Duration) error
}

// Step embeds documents.
type Step struct {
	cfg         Config
	documents   Documents
	generations *catalog.Generations
	stored      *catalog.Vectors
	usage       *catalog.Usage
	blobs       *blob.Store
	embedder    embedder.Embedder
	id          int32 // of the embedder in the catalog
	events      *announce.Publisher
	batcher     *pipeline.Batcher[work]
	claims      claims
	remote      embedder.Metered // embedder, if it costs something
	holder      uuid.UUID        // of claims in the catalog
	meter       *meter
	kept        *kept
}

// work is a document to look at, and the trace of the event that asked for it.
type work struct {
	id    uuid.UUID
	trace announce.Trace
}

// New starts a step that uses one embedder, whose id in the catalog is id.
func New(
	cfg Config, d Documents, g *catalog.Generations, v *catalog.Vectors, u *catalog.Usage,
	blobs *blob.Store, e embedder.Embedder, id int32, p *announce.Publisher,
) *Step {
	documents, texts, batches := DefaultBatchDocuments, DefaultBatchTexts, DefaultBatches
	remote, _ := e.(embedder.Metered)
	if remote != nil {
		documents, texts, batches = DefaultRemoteDocuments, DefaultRemoteTexts, DefaultRemoteBatches
	}
	cfg.BatchDocuments = cmp.Or(cfg.BatchDocuments, documents)
	if remote != nil { // the messages that a worker holds must suffice for several batches
		cfg.BatchDocuments = min(cfg.BatchDocuments, documents)
	}
	cfg.BatchTexts = cmp.Or(cfg.BatchTexts, texts)
	cfg.Batches = cmp.Or(cfg.Batches, batches)
	cfg.BatchWait = cmp.Or(cfg.BatchWait, DefaultBatchWait)
	cfg.BatchPause = cmp.Or(cfg.BatchPause, DefaultBatchPause)
	s := &Step{
		cfg: cfg, documents: d, generations: g, stored: v, usage: u,
		blobs: blobs, embedder: e, id: id, events: p, kept: newKept(keptBytes),
	}
	s.remote, s.holder = remote, uuid.New()
	s.meter = newMeter(func(ctx context.Context, list []catalog.Consumption) error { return u.Add(ctx, id, list) }, remote)
	s.claims = newClaims()
	s.batcher = pipeline.NewBatcher(pipeline.BatchConfig{
		Items: cfg.BatchDocuments, Wait: cfg.BatchWait, Pause: cfg.BatchPause, Concurrency: cfg.Batches, Halve: ofSome, Watch: cfg.Watch,
	}, s.embed)
	return s
}

// ofSome reports whether an error concerns some documents of a batch and not all of them: their objects are damaged or
// cannot be read without a key, or the model fails with their texts.
func ofSome(err error) bool {
	return blob.IsDamage(err) || blob.IsLocked(err) || errors.Is(err, embedder.ErrTexts)
}

// Close waits for the batches under way. Handle must not be called any more.
func (s *Step) Close() {
	s.batcher.Close()
	s.meter.close()
}

// Handle embeds the document of a document.chunked. A document.removed may have taken its place on the stream; that is
// for the indexer.
func (s *Step) Handle(ctx context.Context, m pipeline.Message) error {
	if m.Type == events.TypeDocumentRemoved {
		return nil
	}
	data, err := pipeline.DataOf[events.DocumentChunked](m)
	if err != nil {
		return err
	}
	return s.batcher.Do(ctx, m.Lane(), data.Tenant, work{uuid.MustParse(data.Document.Document), announce.TraceOf(ctx)})
}

// embed embeds a batch of documents, in the state in which the catalog has them now.
func (s *Step) embed(ctx context.Context, batch []work) error {
	traces := make(map[uuid.UUID]announce.Trace, len(batch))
	for _, w := range batch {
		traces[w.id] = w.trace
	}
	docs, err := s.documents.Documents(ctx, slices.Collect(maps.Keys(traces)))
	if err != nil {
		return err
	}
	index, err := s.generations.Index(ctx)
	if err != nil {
		return err
	}
	docs, settle, err := s.afford(ctx, waiting(docs, index.Active.Embedder.ID != s.id))
	if err != nil {
		return err
	}
	defer settle()
	for _, group := range groupsOfBlobs(docs) {
		if err := s.embedGroup(ctx, group, traces); err != nil {
			return err
		}
	}
	return nil
}

// waiting returns the documents that need embedding, or only need their event published again. If the model is not the
// one of the active generation (beside), indexed documents need it too.
func waiting(docs []catalog.Document, beside bool) []catalog.Document {
	return slices.DeleteFunc(docs, func(d catalog.Document) bool {
		return d.Chunking == 0 || d.State == catalog.StateIndexed && !beside
	})
}

// groupsOfBlobs groups documents whose blobs fit into memory together.
func groupsOfBlobs(docs []catalog.Document) [][]catalog.Document {
	return catalog.Groups(docs, groupBytes, func(d catalog.Document) int { return int(d.Span.Size) })
}

func (s *Step) embedGroup(ctx context.Context, docs []catalog.Document, traces map[uuid.UUID]announce.Trace) error {
	for first, complete := true, false; !complete; first = false {
		var err error
		if complete, err = s.embedMissing(ctx, docs, first); err != nil {
			return err
		}
	}
	current := make([]catalog.Current, len(docs))
	out := make([]announce.Event, len(docs))
	for i, d := range docs {
		current[i] = d.Current()
		out[i] = announce.Embedded(d, s.embedder.Model().Name)
		out[i].Trace = traces[d.ID]
	}
	end := s.cfg.Watch.Part(ctx, "mark")
	err := s.documents.MarkEmbedded(ctx, s.id, current)
	if end(); err != nil {
		return err
	}
	defer s.cfg.Watch.Part(ctx, "publish")()
	return s.events.PublishWhenRoom(ctx, out...)
}

// embedMissing embeds the texts of the documents' chunks that lack a vector, each once. For texts whose term weights
// are of an older version, it computes those alone. complete is false if others were at work on some of the texts. They
// may have failed, so the caller must look again.
func (s *Step) embedMissing(ctx context.Context, docs []catalog.Document, first bool) (complete bool, err error) {
	claim, err := s.claims.take(func() ([]catalog.Text, error) {
		missing, err := s.stored.Missing(ctx, catalog.Chunkings(docs), s.id, embedder.TermsVersion)
		if err == nil && first {
			have := s.meter.cached(docs, missing)
			if s.cfg.Cached != nil {
				s.cfg.Cached(ctx, have)
			}
		}
		return missing, err
	})
	if err != nil {
		return false, err
	}
	elsewhere, err := s.embedClaimed(ctx, docs, claim)
	if err == nil && elsewhere {
		err = wait.For(ctx, elsewherePause/2+rand.N(elsewherePause)) // another process gets time to embed
	}
	if err != nil {
		return false, err
	}
	return len(claim.others) == 0 && !elsewhere, claim.wait(ctx)
}

// embedClaimed embeds the texts of a claim, except those that another process is embedding. elsewhere reports whether
// there are such texts.
func (s *Step) embedClaimed(ctx context.Context, docs []catalog.Document, claim *claim) (elsewhere bool, err error) {
	defer claim.release()
	wanted, elsewhere, end, err := s.share(ctx, claim.texts)
	if err != nil {
		return false, err
	}
	defer end()
	texts, err := s.read(ctx, docs, wanted)
	if err != nil {
		return false, err
	}
	byDomain := make(map[string][]text)
	for _, t := range texts {
		byDomain[t.domain] = append(byDomain[t.domain], t)
	}
	for _, domain := range slices.Sorted(maps.Keys(byDomain)) { // each has packs of its own
		if err := s.store(ctx, domain, byDomain[domain]); err != nil {
			return elsewhere, err
		}
	}
	return elsewhere, nil
}

// text is the text of a chunk without a current record.
type text struct {
	hash  [32]byte
	bytes string
	owner owner
	// domain is the key domain of the text, and so of its vector.
	domain string
	old    blob.Span // of the record with its dense vector and older term weights; the zero Span: there is none
}

// read reads the wanted texts from the documents' blobs.
func (s *Step) read(ctx context.Context, docs []catalog.Document, wanted []catalog.Text) ([]text, error) {
	defer s.cfg.Watch.Part(ctx, "read")()
	byChunking := make(map[int64]catalog.Document, len(docs))
	for _, d := range docs {
		byChunking[d.Chunking] = d
	}
	var spans []blob.Span
	var cuts [][]catalog.Text // by span: the texts in its blob
	at := make(map[int64]int) // chunking → index in spans
	for _, w := range wanted {
		i, found := at[w.Chunking]
		if !found {
			i = len(spans)
			at[w.Chunking] = i
			spans = append(spans, blob.Span(byChunking[w.Chunking].Span))
			cuts = append(cuts, nil)
		}
		cuts[i] = append(cuts[i], w)
	}
	domains := make([]string, len(spans))
	for i, span := range spans {
		var err error
		if domains[i], err = s.blobs.Domain(ctx, span.Object); err != nil {
			return nil, fmt.Errorf("read texts of %d documents: %w", len(docs), err)
		}
	}
	var texts []text
	err := s.blobs.Read(ctx, spans, func(i int, content []byte) error {
		for _, c := range cuts[i] {
			t, err := cut(domains[i], content, c)
			if err != nil {
				return err
			}
			t.owner = ownerOf(byChunking[c.Chunking])
			texts = append(texts, t)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read texts of %d documents: %w", len(docs), err)
	}
	return texts, nil
}
