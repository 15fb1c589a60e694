package dormant

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/announce"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/vector"
)

// sleep deletes the points of a track's documents in every generation. Each document is
// marked first, so that points that a crash leaves behind are a difference, which the
// comparison finds, and the next look deletes them before it ends the turn.
func (k *Keeper) sleep(ctx context.Context, track uuid.UUID) error {
	delete(k.handed, track)
	collections, err := k.collections(ctx)
	if err != nil {
		return err
	}
	for after := uuid.Nil; ; {
		docs, err := k.dormancy.SleepDocuments(ctx, track, after, documentsAtOnce)
		if err != nil || len(docs) == 0 {
			return err
		}
		stale := make([]vector.Stale, len(docs))
		for i, d := range docs {
			stale[i] = vector.Stale{Document: d.ID, Before: d.Revision + 1}
		}
		for _, collection := range collections {
			if err := k.points.DeleteOlder(ctx, collection, stale); err != nil {
				return fmt.Errorf("delete the points of dormant track %s: %w", track, err)
			}
		}
		after = docs[len(docs)-1].ID
	}
}

// collections returns the existing collections of the generations that are not being dropped.
func (k *Keeper) collections(ctx context.Context) ([]string, error) {
	list, err := k.generations.List(ctx)
	if err != nil {
		return nil, err
	}
	have, err := k.points.Collections(ctx)
	if err != nil {
		return nil, err
	}
	exists := make(map[string]bool, len(have))
	for _, name := range have {
		exists[name] = true
	}
	var names []string
	for _, g := range list {
		if g.Live() && exists[g.Collection] {
			names = append(names, g.Collection)
		}
	}
	return names, nil
}

// wake hands the documents of a track to the indexer. The stream brings them there; if it
// loses one, the look for owed work publishes it again. After a while wake looks again for
// documents that still sleep. The documents go in the order of their vectors in packs, so
// that the indexer reads a pack in a few ranges, and not vector by vector.
func (k *Keeper) wake(ctx context.Context, track uuid.UUID) error {
	if time.Since(k.handed[track]) < againEvery {
		return nil
	}
	lane := events.Live
	if n, err := k.dormancy.Asleep(ctx, track, bulkDocuments+1); err != nil {
		return err
	} else if n > bulkDocuments {
		lane = events.Bulk
	}
	for after := uuid.Nil; ; {
		ids, last, err := k.dormancy.AsleepDocuments(ctx, track, after, sortedAtOnce)
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			break
		}
		for part := range slices.Chunk(ids, documentsAtOnce) {
			woken, err := k.dormancy.WakeDocuments(ctx, track, part, lane)
			if err != nil {
				return err
			}
			if err := k.publish(ctx, woken); err != nil {
				return err
			}
		}
		after = last
	}
	k.handed[track] = time.Now()
	return nil
}

// publish publishes the events that bring documents on.
func (k *Keeper) publish(ctx context.Context, ids []uuid.UUID) error {
	docs, err := k.documents.Documents(ctx, ids)
	if err != nil {
		return err
	}
	index, err := k.generations.Index(ctx)
	if err != nil {
		return err
	}
	var out []announce.Event
	for _, d := range docs {
		if d.State == catalog.StateEmbedded || d.State == catalog.StateChunked {
			out = append(out, announce.Owed(d, index)...)
		}
	}
	return k.events.PublishWhenRoom(ctx, out...)
}
