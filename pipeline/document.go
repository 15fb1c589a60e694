package pipeline

import (
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/catalog"
)

// tombstoneTTL is how long the streams remember a removed document: longer
// than any replay takes that began before.
const tombstoneTTL = 7 * 24 * time.Hour

func describe(d catalog.Document) events.Document {
	return events.Document{
		Tenant: d.Tenant, Repository: d.Repository.String(), Track: d.Track.String(), Document: d.ID.String(),
		Ref: d.Ref, Commit: d.Commit, Path: d.Path, Revision: d.Revision,
	}
}

// ChunkedEvent says that a document's chunks are stored.
func ChunkedEvent(d catalog.Document) Outgoing {
	return Outgoing{
		On:    events.ChunkedSubject(events.Lane(d.Lane), d.Tenant, d.Repository, d.ID),
		About: d.Path,
		Data:  events.DocumentChunked{Document: describe(d), Blob: hex.EncodeToString(d.Blob[:]), Language: d.Language, Chunks: d.Chunks},
	}
}

// RemovedEvents end a document on both streams that carry its state, in every
// generation. The last is the active generation's.
func RemovedEvents(d catalog.Document, index catalog.Index) []Outgoing {
	data := events.DocumentRemoved{Document: describe(d)}
	lane := events.Lane(d.Lane)
	out := []Outgoing{{On: events.ChunkedSubject(lane, d.Tenant, d.Repository, d.ID), About: d.Path, Data: data, TTL: tombstoneTTL}}
	for _, name := range index.Embedders {
		out = append(out, Outgoing{On: events.EmbeddedSubject(name, lane, d.Tenant, d.Repository, d.ID), About: d.Path, Data: data, TTL: tombstoneTTL})
	}
	return out
}

// EmbeddedEvent says that every chunk of a document has its vector.
func EmbeddedEvent(d catalog.Document, embedder string) Outgoing {
	return Outgoing{
		On:    events.EmbeddedSubject(embedder, events.Lane(d.Lane), d.Tenant, d.Repository, d.ID),
		About: d.Path,
		Data:  events.DocumentEmbedded{Document: describe(d), Blob: hex.EncodeToString(d.Blob[:]), Embedder: embedder, Chunks: d.Chunks},
	}
}

// IndexedEvent says that a document can be searched.
func IndexedEvent(d catalog.Document, generation int64) Outgoing {
	return Outgoing{
		On:    events.IndexedSubject(events.Lane(d.Lane), d.Tenant, d.Repository, d.ID),
		About: d.Path,
		Data:  events.DocumentIndexed{Document: describe(d), Blob: hex.EncodeToString(d.Blob[:]), Generation: generation, Chunks: d.Chunks},
	}
}

// OwedEvents are the events that bring a document on from the state it is in;
// none if it is finished.
func OwedEvents(d catalog.Document, index catalog.Index) []Outgoing {
	switch d.State {
	case catalog.StateChunked, catalog.StateFailed:
		return []Outgoing{ChunkedEvent(d)}
	case catalog.StateEmbedded:
		return []Outgoing{EmbeddedEvent(d, index.Active.Embedder.Name)}
	case catalog.StateRemoved, catalog.StateSkipped:
		return RemovedEvents(d, index)
	}
	return nil
}

// Complete publishes repo.indexed for those of the tracks whose current
// snapshot has no open document left, then marks them. The events continue the
// trace given with each track. A crash in between publishes again, under the
// same id.
func Complete(ctx context.Context, c *catalog.Catalog, p *Publisher, tracks map[uuid.UUID]Trace) error {
	if len(tracks) == 0 {
		return nil
	}
	done, err := c.CompletedSnapshots(ctx, slices.Collect(maps.Keys(tracks)))
	if err != nil || len(done) == 0 {
		return err
	}
	active, err := c.ActiveGeneration(ctx)
	if err != nil {
		return err
	}
	for _, s := range done {
		out := Outgoing{
			ID: fmt.Sprintf("%s@%d", s.ID, s.Revision), On: events.CompletedSubject(s.Tenant, s.Repository), About: s.URL, Trace: tracks[s.ID],
			Data: events.RepoIndexed{
				Tenant: s.Tenant, Repository: s.Repository.String(), Track: s.ID.String(), URL: s.URL, Ref: s.Ref,
				Commit: s.Commit, Revision: s.Revision, Generation: active.Number,
				Documents: events.DocumentCounts{Indexed: s.Indexed, Failed: s.Failed, Skipped: s.Skipped},
			},
		}
		if err := p.Publish(ctx, out); err != nil {
			return err
		}
		if err := c.MarkSnapshotIndexed(ctx, s.ID, s.Revision); err != nil {
			return err
		}
	}
	return nil
}
