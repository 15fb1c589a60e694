package catalog

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Dormancy says which tracks have no points because nobody searches them.
//
// A flag of its own turns a track, and its documents follow one by one, so that a turn goes on
// where it was cut short. When a track falls asleep, each document is marked before its points
// are deleted. When it wakes, each document is handed to the indexer.
type Dormancy struct{ *store }

// Turn is a track whose documents are being brought in line with it.
type Turn struct {
	Track   uuid.UUID
	Dormant bool // it falls asleep; otherwise it wakes
}

// NoteSearched records that tracks were searched. It leaves out tracks for which that was
// recorded a short while ago.
func (d *Dormancy) NoteSearched(ctx context.Context, tracks []uuid.UUID, every time.Duration) error {
	if err := d.query.NoteSearched(ctx, tracks, every.Seconds()); err != nil {
		return fmt.Errorf("record a search of %d tracks: %w", len(tracks), err)
	}
	return nil
}

// Wake lets tracks have points again. It returns the tracks that were dormant.
func (d *Dormancy) Wake(ctx context.Context, tracks []uuid.UUID) ([]uuid.UUID, error) {
	woken, err := d.query.WakeTracks(ctx, tracks)
	if err != nil {
		return nil, fmt.Errorf("wake %d tracks: %w", len(tracks), err)
	}
	return woken, nil
}

// Sleep makes tracks dormant. It returns the tracks that were awake.
func (d *Dormancy) Sleep(ctx context.Context, tracks []uuid.UUID) ([]uuid.UUID, error) {
	turned, err := d.query.SleepTracks(ctx, tracks)
	if err != nil {
		return nil, fmt.Errorf("make %d tracks dormant: %w", len(tracks), err)
	}
	return turned, nil
}

// SleepUnsearched makes up to most indexed tracks dormant that nobody has searched for a
// while. It returns how many.
func (d *Dormancy) SleepUnsearched(ctx context.Context, after time.Duration, most int) (int, error) {
	turned, err := d.query.SleepUnsearched(ctx, after.Seconds(), int32(most))
	if err != nil {
		return 0, fmt.Errorf("make tracks dormant that nobody searches: %w", err)
	}
	return len(turned), nil
}

// Turns lists up to most turning tracks, by id, after one of them.
func (d *Dormancy) Turns(ctx context.Context, after uuid.UUID, most int) ([]Turn, error) {
	rows, err := d.query.TurningTracks(ctx, after, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list tracks that fall asleep or wake: %w", err)
	}
	turns := make([]Turn, len(rows))
	for i, r := range rows {
		turns[i] = Turn{r.ID, r.Dormant}
	}
	return turns, nil
}

// SleepDocuments marks up to most documents of a dormant track as documents without points,
// by id, after one of them, and returns them. It returns none if the track has been woken
// meanwhile.
func (d *Dormancy) SleepDocuments(ctx context.Context, track, after uuid.UUID, most int) (docs []Current, err error) {
	err = d.inTurn(ctx, Turn{track, true}, func(q *query.Queries) error {
		rows, err := q.SleepDocuments(ctx, track, after, int32(most))
		for _, r := range rows {
			docs = append(docs, Current{r.ID, r.Revision})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("put documents of track %s to sleep: %w", track, err)
	}
	slices.SortFunc(docs, func(a, b Current) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	return docs, nil
}

// AsleepDocuments lists up to most documents of a track that are to wake, by id, after one of
// them, and the greatest id, Nil after the last. The list is in the order in which the texts
// were cut, which is roughly the order of their vectors in packs.
func (d *Dormancy) AsleepDocuments(ctx context.Context, track, after uuid.UUID, most int) (ids []uuid.UUID, last uuid.UUID, err error) {
	rows, err := d.query.AsleepDocuments(ctx, track, after, int32(most))
	if err != nil {
		return nil, last, fmt.Errorf("list documents of track %s that are to wake: %w", track, err)
	}
	if len(rows) > 0 {
		last = rows[len(rows)-1].ID
	}
	slices.SortStableFunc(rows, func(a, b query.AsleepDocumentsRow) int { return cmp.Compare(a.Chunking, b.Chunking) })
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	return ids, last, nil
}

// WakeDocuments hands documents of a waking track to the indexer, and returns them. Ids of
// other documents are ignored. A document without its vectors goes to the embedder.
func (d *Dormancy) WakeDocuments(ctx context.Context, track uuid.UUID, ids []uuid.UUID, lane events.Lane) (woken []uuid.UUID, err error) {
	err = d.inTurn(ctx, Turn{track, false}, func(q *query.Queries) (err error) {
		woken, err = q.WakeDocuments(ctx, query.WakeDocumentsParams{Lane: lane, Lease: d.lease.Seconds(), Track: track, Ids: ids})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("wake documents of track %s: %w", track, err)
	}
	return woken, nil
}

// inTurn runs fn while the track keeps the turn's direction. It does not run fn if the
// direction has changed.
func (d *Dormancy) inTurn(ctx context.Context, t Turn, fn func(*query.Queries) error) error {
	return d.inTx(ctx, func(q *query.Queries) error {
		if _, err := q.HoldTurn(ctx, t.Track, t.Dormant); noRows(err) {
			return nil
		} else if err != nil {
			return err
		}
		return fn(q)
	})
}

// Asleep counts the documents of a track without points, up to most.
func (d *Dormancy) Asleep(ctx context.Context, track uuid.UUID, most int) (int64, error) {
	n, err := d.query.CountAsleep(ctx, track, int32(most))
	if err != nil {
		return 0, fmt.Errorf("count documents of track %s without points: %w", track, err)
	}
	return n, nil
}

// Left counts the documents that a turning track still waits for.
type Left struct {
	Documents int64 // that have not turned yet
	Handed    int64 // of those, documents that the workers have, because the track wakes
}

// Left counts, for each turning track among ids, the documents that have not turned yet.
func (d *Dormancy) Left(ctx context.Context, tracks []uuid.UUID) (map[uuid.UUID]Left, error) {
	rows, err := d.query.CountTurning(ctx, tracks)
	if err != nil {
		return nil, fmt.Errorf("count documents of %d tracks that have not turned: %w", len(tracks), err)
	}
	left := make(map[uuid.UUID]Left, len(rows))
	for _, r := range rows {
		left[r.ID] = Left{r.Waiting, r.Handed}
	}
	return left, nil
}

// End records that a turn is done, if it is. A track is awake when the indexer has written
// the points of all documents that can have points.
func (d *Dormancy) End(ctx context.Context, t Turn) (done bool, err error) {
	n, err := d.query.EndTurn(ctx, t.Track, t.Dormant)
	if err != nil {
		return false, fmt.Errorf("record that track %s has turned: %w", t.Track, err)
	}
	return n > 0, nil
}

// Count counts the dormant tracks of a tenant, except the tracks of apart, by the URL of their
// repository.
func (d *Dormancy) Count(ctx context.Context, tenant string, apart []uuid.UUID) (map[string]int64, error) {
	rows, err := d.query.CountDormant(ctx, tenant, orEmpty(apart))
	if err != nil {
		return nil, fmt.Errorf("count dormant tracks of tenant %s: %w", tenant, err)
	}
	byURL := make(map[string]int64, len(rows))
	for _, r := range rows {
		byURL[r.Url] = r.Tracks
	}
	return byURL, nil
}
