package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
)

// followInterval is how often the catalog is asked how far the work is.
const followInterval = 100 * time.Millisecond

// follow shows the progress of submissions until each is indexed or has
// failed. Its answer is no if one failed, or some of its documents.
//
// patience is how many failed attempts of a submission it sits out: 0 is any
// number.
func follow(ctx context.Context, c *catalog.Catalog, g *globals, keys []catalog.SubmissionKey, patience int) error {
	began := time.Now()
	show := newProgress(g)
	defer show.close()
	ticker := time.NewTicker(followInterval)
	defer ticker.Stop()
	for {
		f, err := look(ctx, c, g.Tenant, keys, patience)
		if err != nil {
			return err
		}
		show.update(f)
		if f.done {
			show.close()
			return summarize(g, f, time.Since(began))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// followed is how far submissions are.
type followed struct {
	done    bool
	listing bool // some tree has not been read to its end
	tracks  []catalog.TrackStatus
	counts  catalog.Counts    // of the tracks together
	retries map[string]string // event id → why its last attempt failed
	refused []string          // why nothing will come of a submission now
}

func look(ctx context.Context, c *catalog.Catalog, tenant string, keys []catalog.SubmissionKey, patience int) (followed, error) {
	f := followed{done: true, retries: make(map[string]string), refused: []string{}}
	wanted := make(map[uuid.UUID]bool)
	for _, key := range keys {
		status, err := c.SubmissionStatus(ctx, key)
		if err != nil && !errors.Is(err, catalog.ErrNotFound) {
			return f, err
		}
		switch {
		case status.State == "failed":
			f.refused = append(f.refused, status.Error)
		case status.State == "done":
			wanted[status.Track] = true
			f.done = f.done && status.Indexed
		case patience > 0 && status.Attempts >= patience:
			f.refused = append(f.refused, fmt.Sprintf("%s (failed %d times; leat tries again when it is due and workers run)", status.Error, status.Attempts))
		default: // pending, or not yet accepted
			f.done, f.listing = false, true
			if status.Attempts > 0 {
				f.retries[key.Event] = fmt.Sprintf("attempt %d failed, trying again: %s", status.Attempts, status.Error)
			}
			wanted[status.Repository] = true
		}
	}
	tracks, err := c.Tracks(ctx, tenant)
	if err != nil {
		return f, err
	}
	for _, t := range tracks {
		if wanted[t.ID] || wanted[t.Repository] {
			f.tracks = append(f.tracks, t)
			f.counts.Total += t.Documents.Total
			f.counts.Embedded += t.Documents.Embedded + t.Documents.Indexed
			f.counts.Indexed += t.Documents.Indexed
			f.counts.Failed += t.Documents.Failed
			f.counts.Skipped += t.Documents.Skipped
		}
	}
	return f, nil
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
