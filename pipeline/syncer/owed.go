package syncer

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/announce"
	"github.com/leatworks/leat/pipeline/catalog"
)

// submissions publishes again the accepted submissions that have led to nothing.
func (s *Step) submissions(ctx context.Context, did *catalog.Tally) error {
	owed, err := s.catalog.Submissions.Owed(ctx, s.cfg.Most)
	if err != nil || len(owed) == 0 {
		return err
	}
	out := make([]announce.Event, len(owed))
	for i, sub := range owed {
		out[i] = announce.Event{
			Source: sub.Source, ID: sub.Event, Again: true,
			On: events.SubmittedSubject(sub.Tenant), About: sub.URL,
			Data: events.RepoSubmitted{Tenant: sub.Tenant, URL: sub.URL, Ref: sub.Ref},
		}
	}
	s.log.Info("publishing owed submissions again", "count", len(owed))
	err = s.events.Publish(ctx, out...)
	if errors.Is(err, announce.ErrFull) {
		// The intake is full for one tenant. This must not hold up other tenants'
		// documents. The tenant's submissions are owed again when their leases end.
		s.log.Warn("the intake does not take all owed submissions; they are published again later", "error", err)
		err = nil
	}
	if err == nil {
		published(did, len(owed), len(owed))
	}
	return err
}

func published(did *catalog.Tally, looked, again int) {
	did.Compared += int64(looked)
	did.Found += int64(again)
	did.Repaired += int64(again)
}

// documents publishes the work of the documents that are due, page by page.
func (s *Step) documents(ctx context.Context, did *catalog.Tally) error {
	for {
		ids, err := s.catalog.OwedDocuments(ctx, s.cfg.Most)
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := s.republish(ctx, ids, did); err != nil {
			return err
		}
		if len(ids) < s.cfg.Most {
			return nil
		}
	}
}

// republish publishes the work of documents unless a message for it still waits
// in the stream, and gives each document another lease.
func (s *Step) republish(ctx context.Context, ids []uuid.UUID, did *catalog.Tally) error {
	docs, index, err := s.load(ctx, ids)
	if err != nil {
		return err
	}
	var out []announce.Event
	waiting := s.streams.Waiting()
	for _, d := range docs {
		owed := announce.Owed(d, index)
		if len(owed) == 0 {
			continue
		}
		// The worker acts on the last event.
		there, err := waits(ctx, waiting, d, index.Active, owed[len(owed)-1].On)
		if err != nil {
			return err
		}
		if !there {
			out = append(out, owed...)
		}
	}
	if len(out) > 0 {
		s.log.Info("publishing owed work again", "events", len(out), "documents", len(ids))
	}
	if err := s.events.Publish(ctx, out...); err != nil {
		return err
	}
	published(did, len(ids), len(out))
	return s.catalog.Lease(ctx, ids)
}

// load returns documents, and the index that their events are for.
func (s *Step) load(ctx context.Context, ids []uuid.UUID) ([]catalog.Document, catalog.Index, error) {
	docs, err := s.catalog.Documents(ctx, ids)
	if err != nil {
		return nil, catalog.Index{}, err
	}
	index, err := s.catalog.Generations.Index(ctx)
	return docs, index, err
}

// waits says whether a document's next event, on this subject, waits for its
// worker.
func waits(ctx context.Context, waiting Waiting, d catalog.Document, g catalog.Generation, subject string) (bool, error) {
	if d.State == catalog.StateChunked || d.State == catalog.StateFailed {
		return waiting.ForEmbedder(ctx, g.Embedder.Name, d.Lane, subject)
	}
	return waiting.ForIndexer(ctx, g.Number, d.Lane, subject)
}

// snapshots announces completed snapshots that no worker announced: their last
// document failed, or the worker that finished it died.
func (s *Step) snapshots(ctx context.Context) error {
	indexing, err := s.catalog.IndexingTracks(ctx)
	if err != nil {
		return err
	}
	tracks := make(map[uuid.UUID]announce.Trace, len(indexing))
	for _, id := range indexing {
		tracks[id] = announce.Trace{} // whatever asked for it is long over
	}
	return announce.Complete(ctx, s.catalog, s.catalog.Generations, s.events, tracks)
}
