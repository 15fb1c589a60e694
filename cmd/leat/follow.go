package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
)

// How often the catalog is asked: for the counts of documents, which cost the
// more the more there are, at the first interval, and whether the work is done
// after an eighth of the time since it began, or since an event told of news.
// So what is done in 80 ms is known within 90.
const (
	followInterval = 100 * time.Millisecond
	leastInterval  = 2 * time.Millisecond
	mostInterval   = 100 * time.Millisecond
)

// follow shows the progress of submissions until each is indexed or has
// failed. Its answer is no if one failed, or some of its documents.
//
// patience is how many failed attempts of a submission it sits out: 0 is any
// number.
func follow(ctx context.Context, c *catalog.Catalog, b *broker.Broker, g *globals, keys []catalog.SubmissionKey, patience int) error {
	began := time.Now()
	show := newProgress(g)
	defer show.close()
	// A wake-up alone, and not always there: a commit that was indexed before
	// is told of by no event.
	news, stop, err := b.Hear(events.CompletedOf(g.Tenant))
	if err != nil {
		return err
	}
	defer stop()
	told, counted := began, time.Time{}
	for {
		f, err := look(ctx, c, keys, patience)
		if err != nil {
			return err
		}
		if f.done || time.Since(counted) >= followInterval {
			if err := f.count(ctx, c, g.Tenant); err != nil {
				return err
			}
			show.update(f)
			counted = time.Now()
		}
		if f.done {
			show.close()
			return summarize(g, f, time.Since(began))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-news:
			told = time.Now()
		case <-time.After(min(max(time.Since(told)/8, leastInterval), mostInterval)):
		}
	}
}

// followed is how far submissions are.
type followed struct {
	done    bool
	listing bool               // some tree has not been read to its end
	wanted  map[uuid.UUID]bool // tracks, and repositories of which no track is known yet
	tracks  []catalog.TrackStatus
	counts  catalog.Counts    // of the tracks together
	retries map[string]string // event id → why its last attempt failed
	refused []string          // why nothing will come of a submission now
}

// look asks how far the submissions are.
func look(ctx context.Context, c *catalog.Catalog, keys []catalog.SubmissionKey, patience int) (followed, error) {
	f := followed{done: true, wanted: make(map[uuid.UUID]bool), retries: make(map[string]string), refused: []string{}}
	for _, key := range keys {
		status, err := c.SubmissionStatus(ctx, key)
		if err != nil && !errors.Is(err, catalog.ErrNotFound) {
			return f, err
		}
		switch {
		case status.State == "failed":
			f.refused = append(f.refused, status.Error)
		case status.State == "done":
			f.wanted[status.Track] = true
			f.done = f.done && status.Indexed
		case patience > 0 && status.Attempts >= patience:
			f.refused = append(f.refused, fmt.Sprintf("%s (failed %d times; leat tries again when it is due and workers run)", status.Error, status.Attempts))
		default: // pending, or not yet accepted
			f.done, f.listing = false, true
			if status.Attempts > 0 {
				f.retries[key.Event] = fmt.Sprintf("attempt %d failed, trying again: %s", status.Attempts, status.Error)
			}
			f.wanted[status.Repository] = true
		}
	}
	return f, nil
}

// count adds the documents of what is followed.
func (f *followed) count(ctx context.Context, c *catalog.Catalog, tenant string) error {
	tracks, err := c.Tracks(ctx, tenant)
	if err != nil {
		return err
	}
	for _, t := range tracks {
		if f.wanted[t.ID] || f.wanted[t.Repository] {
			f.tracks = append(f.tracks, t)
			f.counts.Total += t.Documents.Total
			f.counts.Embedded += t.Documents.Embedded + t.Documents.Indexed
			f.counts.Indexed += t.Documents.Indexed
			f.counts.Failed += t.Documents.Failed
			f.counts.Skipped += t.Documents.Skipped
		}
	}
	return nil
}

// summarize says what came of it.
func summarize(g *globals, f followed, took time.Duration) error {
	var answer error
	rows := make([]repositoryStatus, len(f.tracks))
	for i, t := range f.tracks {
		rows[i] = newStatus(t)
		if t.Documents.Failed > 0 {
			answer = errNo
		}
	}
	if len(f.refused) > 0 {
		answer = errNo
	}
	if g.JSON {
		if err := g.answer.json(map[string]any{"repositories": rows, "refused": f.refused, "seconds": took.Seconds()}); err != nil {
			return err
		}
		return answer
	}
	for _, t := range f.tracks {
		d := t.Documents
		fmt.Printf("%s %s@%s: %s of %s indexed, %s failed, %s skipped; %s (%s)\n",
			safeLine(t.URL), safeLine(shortRef(t.Ref)), shortCommit(t.Commit), thousands(d.Indexed), count(d.Total, "document", "documents"),
			thousands(d.Failed), thousands(d.Skipped), count(t.Chunks, "chunk", "chunks"), took.Round(10*time.Millisecond))
	}
	for _, reason := range f.refused {
		note("leat: %s", safeLine(oneLine(reason)))
	}
	return answer
}
