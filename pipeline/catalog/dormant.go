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
// A track is turned by a flag of its own; its documents follow. One that falls asleep is
// marked document by document before its points go, and one that wakes is handed to the
// indexer document by document, so that a turn goes on where it was cut short.
type Dormancy struct{ *store }

// Turn is a track whose documents are being brought in line with it.
type Turn struct {
	Track   uuid.UUID
	Dormant bool // it falls asleep; else it wakes
}

// NoteSearched records that tracks were searched, for those of which nothing has been
// recorded for a while.
func (d *Dormancy) NoteSearched(ctx context.Context, tracks []uuid.UUID, every time.Duration) error {
	if err := d.query.NoteSearched(ctx, tracks, every.Seconds()); err != nil {
		return fmt.Errorf("record a search of %d tracks: %w", len(tracks), err)
	}
	return nil
}

// Wake lets tracks have points again. It returns those that were dormant.
func (d *Dormancy) Wake(ctx context.Context, tracks []uuid.UUID) ([]uuid.UUID, error) {
	woken, err := d.query.WakeTracks(ctx, tracks)
	if err != nil {
		return nil, fmt.Errorf("wake %d tracks: %w", len(tracks), err)
	}
	return woken, nil
}

// Sleep makes tracks dormant. It returns those that were awake.
func (d *Dormancy) Sleep(ctx context.Context, tracks []uuid.UUID) ([]uuid.UUID, error) {
	turned, err := d.query.SleepTracks(ctx, tracks)
	if err != nil {
		return nil, fmt.Errorf("make %d tracks dormant: %w", len(tracks), err)
	}
	return turned, nil
}

// SleepUnsearched makes indexed tracks dormant that nobody has searched for a while, up to a
// number of most. It returns how many.
func (d *Dormancy) SleepUnsearched(ctx context.Context, after time.Duration, most int) (int, error) {
	turned, err := d.query.SleepUnsearched(ctx, after.Seconds(), int32(most))
	if err != nil {
		return 0, fmt.Errorf("make tracks dormant that nobody searches: %w", err)
	}
	return len(turned), nil
}

// Turns lists at most most tracks under way, by id, after one of them.
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

// SleepDocuments marks at most most documents of a dormant track as those without points,
// by id, after one of them, and returns them. It returns none of a track that has been
// woken meanwhile.
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

// AsleepDocuments lists at most most documents of a track that are to wake, by id, after
// one of them. It returns them in the order in which their texts were cut, which is about
// that in which their vectors lie in packs, and the greatest id, Nil behind the last.
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

// WakeDocuments hands those of ids to the indexer that are documents of a track that wakes,
// and returns them. A document without its vectors goes to the embedder.
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

// inTurn runs fn while a track stays as the turn says; not at all if it has changed.
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
	Handed    int64 // of those, that are with the workers because the track wakes
}

// Left counts the documents that have not turned yet of those of the tracks that turn.
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

// End records that a turn is done, if it is: a track is awake when the indexer has written
// the points of each document that can have some.
func (d *Dormancy) End(ctx context.Context, t Turn) (done bool, err error) {
	n, err := d.query.EndTurn(ctx, t.Track, t.Dormant)
	if err != nil {
		return false, fmt.Errorf("record that track %s has turned: %w", t.Track, err)
	}
	return n > 0, nil
}

// Count counts the dormant tracks of a tenant by the URL of their repository, but for the
// tracks of apart.
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
