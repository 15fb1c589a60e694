package announce

import (
	"encoding/hex"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/catalog"
)

// tombstoneTTL is how long the streams remember a removed document. It is longer
// than any replay takes that may have begun before the removal.
const tombstoneTTL = 7 * 24 * time.Hour

func describe(d catalog.Document) events.Document {
	return events.Document{
		Tenant: d.Tenant, Repository: d.Repository.String(), Track: d.Track.String(), Document: d.ID.String(),
		Ref: d.Ref, Commit: d.Commit, Path: d.Path, Revision: d.Revision,
	}
}

// Chunked says that a document's chunks are stored.
func Chunked(d catalog.Document) Event {
	return Event{
		On:    events.ChunkedSubject(d.Lane, d.Tenant, d.Repository, d.ID),
		About: d.Path,
		Data: events.DocumentChunked{
			Document: describe(d), Blob: hex.EncodeToString(d.Blob[:]), Language: d.Language, Chunks: d.Chunks,
		},
	}
}

// Removed ends a document on both streams that carry its state, in every
// generation. The last event is the active generation's.
func Removed(d catalog.Document, index catalog.Index) []Event {
	data := events.DocumentRemoved{Document: describe(d)}
	out := []Event{{
		On: events.ChunkedSubject(d.Lane, d.Tenant, d.Repository, d.ID), About: d.Path, Data: data, TTL: tombstoneTTL,
	}}
	for _, name := range index.Embedders {
		out = append(out, Event{
			On: events.EmbeddedSubject(name, d.Lane, d.Tenant, d.Repository, d.ID), About: d.Path, Data: data, TTL: tombstoneTTL,
		})
	}
	return out
}

// Embedded says that every chunk of a document has its vector.
func Embedded(d catalog.Document, embedder string) Event {
	return Event{
		On:    events.EmbeddedSubject(embedder, d.Lane, d.Tenant, d.Repository, d.ID),
		About: d.Path,
		Data: events.DocumentEmbedded{
			Document: describe(d), Blob: hex.EncodeToString(d.Blob[:]), Embedder: embedder, Chunks: d.Chunks,
		},
	}
}

// Indexed says that a document can be searched.
func Indexed(d catalog.Document, generation int64) Event {
	return Event{
		On:    events.IndexedSubject(d.Lane, d.Tenant, d.Repository, d.ID),
		About: d.Path,
		Data: events.DocumentIndexed{
			Document: describe(d), Blob: hex.EncodeToString(d.Blob[:]), Generation: generation, Chunks: d.Chunks,
		},
	}
}

// Owed returns the events that bring a document on from its present state;
// none if the document is finished.
func Owed(d catalog.Document, index catalog.Index) []Event {
	switch d.State {
	case catalog.StateChunked, catalog.StateFailed:
		return []Event{Chunked(d)}
	case catalog.StateEmbedded:
		return []Event{Embedded(d, index.Active.Embedder.Name)}
	case catalog.StateRemoved, catalog.StateSkipped:
		return Removed(d, index)
	}
	return nil
}
