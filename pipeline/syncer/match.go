package syncer

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/announce"
	"github.com/leatworks/leat/pipeline/catalog"
)

const (
	// lookAgainMost bounds the documents that are looked at again within one
	// comparison; if more lack points, the next look compares everything.
	lookAgainMost  = 10_000
	lookAgainEvery = 200 * time.Millisecond
	lookAgainFor   = 20 * time.Second
)

// match brings a generation beside the active one in line with the catalog. It
// deletes the points that should not be there, and has the documents that lack
// one indexed. equal is true if each document has been seen with all its points:
// one that changes after it was seen comes by the stream.
func (s *Generations) match(ctx context.Context, g catalog.GenerationStatus) (equal bool, err error) {
	c := s.comparison(g)
	if g.Failing == 0 { // otherwise there are failures to forget, of what it has taken since
		if equal, _, err := c.equal(ctx); err != nil || equal {
			return equal, err
		}
	}
	var did Repaired
	for page, err := range c.marks(ctx, uuid.Nil) {
		if err != nil {
			return false, err
		}
		if err := c.deleteWrong(ctx, page, &did); err != nil {
			return false, err
		}
	}
	var lacking []uuid.UUID
	for page, err := range c.contents(ctx) {
		if err != nil {
			return false, err
		}
		lack, due, err := s.lacking(ctx, g, page)
		if err != nil {
			return false, err
		}
		if err := s.feed(ctx, g, due); err != nil {
			return false, err
		}
		lacking = append(lacking, lack[:min(len(lack), lookAgainMost+1-len(lacking))]...)
		if goesOn, err := s.stillBuilding(ctx, g); err != nil || !goesOn {
			return false, err
		}
	}
	if len(lacking) > lookAgainMost {
		return false, nil
	}
	return s.lookAgain(ctx, g, lacking)
}

// lookAgain waits a while for documents to be there: they may have been on
// their way.
func (s *Generations) lookAgain(ctx context.Context, g catalog.GenerationStatus, ids []uuid.UUID) (equal bool, err error) {
	ticker := time.NewTicker(lookAgainEvery)
	defer ticker.Stop()
	for end := time.Now().Add(lookAgainFor); len(ids) > 0 && time.Now().Before(end); {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-ticker.C:
		}
		var left []uuid.UUID
		for len(ids) > 0 {
			part := ids[:min(pageSize, len(ids))]
			ids = ids[len(part):]
			docs, err := s.catalog.ContentsOf(ctx, part)
			if err != nil {
				return false, err
			}
			lack, _, err := s.lacking(ctx, g, docs)
			if err != nil {
				return false, err
			}
			left = append(left, lack...)
		}
		ids = left
		if goesOn, err := s.stillBuilding(ctx, g); err != nil || !goesOn {
			return false, err
		}
	}
	return len(ids) == 0, nil
}

// stillBuilding measures how far a generation is, now and then, and says whether
// it is to be built further: it may have been cancelled.
func (s *Generations) stillBuilding(ctx context.Context, g catalog.GenerationStatus) (bool, error) {
	list, err := s.catalog.Generations.List(ctx)
	if err != nil {
		return false, err
	}
	for _, now := range list {
		if now.Number == g.Number && now.State == catalog.GenerationBuilding {
			return true, s.sample(ctx, now)
		}
	}
	return false, nil
}

// lacking returns the indexed documents of a page that lack points in a
// generation, and those of them that are to be indexed again now. What the
// generation has failed to take for good is not waited for.
func (s *Generations) lacking(ctx context.Context, g catalog.GenerationStatus, page []catalog.Content) (lack, due []uuid.UUID, err error) {
	list, err := s.comparison(g).lackingAmong(ctx, page)
	if err != nil {
		return nil, nil, err
	}
	docs := make([]uuid.UUID, len(page))
	for i, d := range page {
		docs[i] = d.ID
	}
	failures, err := s.catalog.Generations.Failures(ctx, g.Number, docs)
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
		err = s.catalog.Generations.DropFailures(ctx, g.Number, slices.Collect(maps.Keys(failures)))
	}
	return lack, due, err
}

// feed publishes what brings documents into a generation, in the bulk lane: an
// indexed document has its vectors of the active generation's embedder; of
// another it may lack some.
func (s *Generations) feed(ctx context.Context, g catalog.GenerationStatus, ids []uuid.UUID) error {
	if len(ids) == 0 {
		return nil
	}
	index, err := s.catalog.Generations.Index(ctx)
	if err != nil {
		return err
	}
	docs, err := s.catalog.Documents(ctx, ids)
	if err != nil {
		return err
	}
	var out []announce.Event
	for _, d := range docs {
		d.Lane = string(events.Bulk)
		switch {
		case d.State != catalog.StateIndexed: // it comes by the stream
		case g.Embedder.ID == index.Active.Embedder.ID:
			out = append(out, announce.Embedded(d, g.Embedder.Name))
		default:
			out = append(out, announce.Chunked(d))
		}
	}
	return s.events.Publish(ctx, out...)
}
