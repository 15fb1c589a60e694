package generation

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/wait"
	"github.com/leatworks/leat/pipeline/announce"
	"github.com/leatworks/leat/pipeline/catalog"
)

const (
	// lookAgainMost bounds the documents that are looked at again within one
	// comparison; if more lack points, the next look compares everything.
	lookAgainMost  = 10_000
	lookAgainPage  = 1000
	lookAgainEvery = 200 * time.Millisecond
	lookAgainFor   = 20 * time.Second
)

// match brings a generation beside the active one in line with the catalog. It
// deletes the points that should not be there, and hands documents that lack one to
// the indexer. equal is true if each document was seen with all its points; the
// stream brings documents that change afterwards.
func (k *Keeper) match(ctx context.Context, g catalog.GenerationStatus, of lag) (equal bool, err error) {
	c := k.comparison(g)
	k.matched = matched{}
	if g.Failing == 0 { // else failures of documents that it has taken since may have to be forgotten
		equal, demand, err := c.Equal(ctx)
		if err != nil {
			return false, err
		}
		if equal {
			k.matched = matched{g.Number, demand}
			return true, nil
		}
	}
	for page, err := range c.Marks(ctx, uuid.Nil) {
		if err != nil {
			return false, err
		}
		if _, err := c.DeleteMisplaced(ctx, page); err != nil {
			return false, err
		}
	}
	var lacking []uuid.UUID
	for page, err := range c.Contents(ctx) {
		if err != nil {
			return false, err
		}
		lack, due, err := k.lacking(ctx, g, page)
		if err != nil {
			return false, err
		}
		if err := k.feed(ctx, g, due); err != nil {
			return false, err
		}
		lacking = append(lacking, lack[:min(len(lack), lookAgainMost+1-len(lacking))]...)
		if goesOn, err := k.stillBuilding(ctx, g); err != nil || !goesOn {
			return false, err
		}
	}
	if len(lacking) > lookAgainMost {
		return false, nil
	}
	return k.lookAgain(ctx, g, lacking, of)
}

// lookAgain waits a while for documents that may have been on their way.
func (k *Keeper) lookAgain(ctx context.Context, g catalog.GenerationStatus, ids []uuid.UUID, of lag) (equal bool, err error) {
	gained := true
	for end := time.Now().Add(lookAgainFor); len(ids) > 0 && time.Now().Before(end); {
		if err := pause(ctx, of, gained); err != nil {
			return false, err
		}
		var left []uuid.UUID
		before := len(ids)
		for len(ids) > 0 {
			part := ids[:min(lookAgainPage, len(ids))]
			ids = ids[len(part):]
			docs, err := k.documents.ContentsOf(ctx, part)
			if err != nil {
				return false, err
			}
			lack, _, err := k.lacking(ctx, g, docs)
			if err != nil {
				return false, err
			}
			left = append(left, lack...)
		}
		ids, gained = left, len(left) < before
		if goesOn, err := k.stillBuilding(ctx, g); err != nil || !goesOn {
			return false, err
		}
	}
	return len(ids) == 0, nil
}

// pause waits before documents are looked at again. If the last look found some of them
// indexed, pause ends as soon as the messages on their way are settled.
func pause(ctx context.Context, of lag, gained bool) error {
	if gained {
		_, err := await(ctx, of, lookAgainEvery, lookAgainEvery)
		return err
	}
	return wait.For(ctx, lookAgainEvery)
}

// stillBuilding says whether a generation is still to be built: it may have been
// cancelled. Now and then it samples the progress.
func (k *Keeper) stillBuilding(ctx context.Context, g catalog.GenerationStatus) (bool, error) {
	list, err := k.generations.List(ctx)
	if err != nil {
		return false, err
	}
	for _, now := range list {
		if now.Number == g.Number && now.State == catalog.GenerationBuilding {
			return true, k.sample(ctx, now)
		}
	}
	return false, nil
}

// lacking returns the indexed documents of a page that lack points in a
// generation, and those among them that are due to be indexed again. It leaves
// out documents that have failed for good in the generation.
func (k *Keeper) lacking(ctx context.Context, g catalog.GenerationStatus, page []catalog.Content) (lack, due []uuid.UUID, err error) {
	list, err := k.comparison(g).Lacking(ctx, page)
	if err != nil {
		return nil, nil, err
	}
	docs := make([]uuid.UUID, len(page))
	for i, d := range page {
		docs[i] = d.ID
	}
	failures, err := k.generations.Failures(ctx, g.Number, docs)
	if err != nil {
		return nil, nil, err
	}
	for _, d := range list {
		failed, has := failures[d.ID]
		delete(failures, d.ID)
		if has = has && failed.Revision == d.Revision; has && failed.Buried {
			continue
		}
		lack = append(lack, d.ID)
		if !has || !failed.Later {
			due = append(due, d.ID)
		}
	}
	if len(failures) > 0 { // of documents that it has taken since
		err = k.generations.DropFailures(ctx, g.Number, slices.Collect(maps.Keys(failures)))
	}
	return lack, due, err
}

// feed publishes, in the bulk lane, the events that bring documents into a
// generation. An indexed document has all vectors of the active generation's
// embedder, but may lack some of another embedder.
func (k *Keeper) feed(ctx context.Context, g catalog.GenerationStatus, ids []uuid.UUID) error {
	if len(ids) == 0 {
		return nil
	}
	index, err := k.generations.Index(ctx)
	if err != nil {
		return err
	}
	docs, err := k.documents.Documents(ctx, ids)
	if err != nil {
		return err
	}
	var out []announce.Event
	for _, d := range docs {
		d.Lane = events.Bulk
		switch {
		case d.State != catalog.StateIndexed: // it comes by the stream
		case g.Embedder.ID == index.Active.Embedder.ID:
			out = append(out, announce.Embedded(d, g.Embedder.Name))
		default:
			out = append(out, announce.Chunked(d))
		}
	}
	return k.events.Publish(ctx, out...)
}
