package catalog_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/catalog"
)

// retry retries a letter whose message must not be published.
func (w *world) retry(t testing.TB, id int64, want catalog.Retried) (why string) {
	t.Helper()
	got, why, err := w.Letters.Retry(t.Context(), id, func(context.Context, catalog.DeadLetter) error {
		return errors.New("published")
	})
	if err != nil || got != want {
		t.Fatalf("retry of letter %d: %q %q %v, want %q", id, got, why, err, want)
	}
	return why
}

func TestRetryOfADocument(t *testing.T) {
	w := newWorld(t)
	a := w.document("a.go", "aaaa")
	w.list(t, "one", a)
	current := catalog.Current{ID: a.ID, Revision: 1}
	letter := func() catalog.Letter {
		return w.bury(t, catalog.DeadLetter{Worker: "embedder", Document: &a.ID, Tenant: "default", Reason: "r"})
	}

	w.do(t, func(ctx context.Context) error { return w.BuryDocument(ctx, current, "poison") })
	w.is(t, a.ID, catalog.StateFailed, 1, 0, "infinity")
	l := letter()
	if l.URL != w.track.URL || l.Ref != w.track.Ref || l.Path != "a.go" {
		t.Errorf("the letter is about %q %q %q", l.URL, l.Ref, l.Path)
	}
	w.retry(t, l.ID, catalog.RetryDue)
	w.is(t, a.ID, catalog.StateChunked, 1, 0, "soon")
	if r := w.row(t, a.ID); r.Attempts != 0 || r.Error != "" || r.In > 0 {
		t.Errorf("after a retry: %+v", r)
	}
	if got := w.letters(t, catalog.LetterFilter{}); len(got) != 0 {
		t.Errorf("the letter is still there: %+v", got)
	}
	if why := w.retry(t, l.ID, catalog.RetryRefused); why != "no such dead letter" {
		t.Errorf("why: %s", why)
	}

	// A document that is under way, or done by now, is left alone.
	w.retry(t, letter().ID, catalog.RetryObsolete)
	w.finish(t, 1, a)
	w.retry(t, letter().ID, catalog.RetryObsolete)
	w.is(t, a.ID, catalog.StateIndexed, 1, 1, "")

	// A removal that could not be carried out stays a removal.
	w.list(t, "two")
	w.do(t, func(ctx context.Context) error {
		return w.BuryDocument(ctx, catalog.Current{ID: a.ID, Revision: 2}, "poison")
	})
	w.is(t, a.ID, catalog.StateRemoved, 2, 1, "infinity")
	w.retry(t, letter().ID, catalog.RetryDue)
	w.is(t, a.ID, catalog.StateRemoved, 2, 1, "soon")
}

// A letter may belong to a generation beside the active one. That generation tries the
// document again, and the document stays indexed.
func TestRetryOfWhatAGenerationCouldNotTake(t *testing.T) {
	w := newWorld(t)
	a := w.document("a.go", "aaaa")
	w.list(t, "one", a)
	w.finish(t, 1, a)
	g, err := w.Generations.Add(t.Context(), "leat", catalog.Embedder{Name: "other", Dimensions: 3, Distance: "dot"}, catalog.SourceStream)
	if err != nil {
		t.Fatal(err)
	}
	at := catalog.Current{ID: a.ID, Revision: 1}
	w.do(t, func(ctx context.Context) error {
		return w.Generations.BuryBeside(ctx, catalog.Beside{Embedder: g.Embedder.ID}, at, "refused")
	})
	failures, err := w.Generations.Failures(t.Context(), g.Number, []uuid.UUID{a.ID})
	if err != nil || !failures[a.ID].Buried {
		t.Fatalf("failures: %+v %v", failures, err)
	}
	letter := catalog.DeadLetter{Worker: "embedder", Document: &a.ID, Reason: "refused"}
	w.retry(t, w.bury(t, letter).ID, catalog.RetryDue)
	if failures, err = w.Generations.Failures(t.Context(), g.Number, []uuid.UUID{a.ID}); err != nil || len(failures) > 0 {
		t.Errorf("failures after a retry: %+v %v", failures, err)
	}
	w.is(t, a.ID, catalog.StateIndexed, 1, 1, "")
	w.retry(t, w.bury(t, letter).ID, catalog.RetryObsolete)
}

// If a message does not name its document, its subject tells which document's work the
// message replaced.
func TestRetryOfAMessageOnADocumentsSubject(t *testing.T) {
	w := newWorld(t)
	a := w.document("a.go", "aaaa")
	w.list(t, "one", a)
	on := func(id uuid.UUID) string {
		return events.ChunkedSubject(events.Live, "default", w.track.Repository, id)
	}
	letter := func(subject string) int64 {
		return w.bury(t, catalog.DeadLetter{Worker: "embedder", Subject: subject, Headers: map[string]string{}, Reason: "r"}).ID
	}
	w.retry(t, letter(on(a.ID)), catalog.RetryObsolete)
	w.do(t, func(ctx context.Context) error {
		return w.BuryDocument(ctx, catalog.Current{ID: a.ID, Revision: 1}, "poison")
	})
	w.retry(t, letter(on(a.ID)), catalog.RetryDue)
	w.is(t, a.ID, catalog.StateChunked, 1, 0, "soon")
	for _, subject := range []string{on(uuid.New()), "leat.document.chunked.live.default.x.y", "leat.document."} {
		if why := w.retry(t, letter(subject), catalog.RetryRefused); !strings.Contains(why, "does not know") {
			t.Errorf("%s: why: %s", subject, why)
		}
	}
}

func TestRetryOfASubmission(t *testing.T) {
	w := newWorld(t)
	s := submission("acme", "https://example.org/gone", "event")
	w.accept(t, s)
	w.do(t, func(ctx context.Context) error { return w.Submissions.Fail(ctx, s, "not found") })
	d := catalog.DeadLetter{Worker: "ingestor", Tenant: "acme", Source: s.Source, Event: s.Event, Subject: "leat.repo.submitted.acme", Headers: map[string]string{}, Reason: "not found"}
	l := w.bury(t, d)
	if l.URL != s.URL {
		t.Errorf("the letter is about %q", l.URL)
	}
	w.retry(t, l.ID, catalog.RetryDue)
	if got := w.status(t, s); got.State != "pending" || got.Attempts != 0 || got.Error != "" {
		t.Errorf("after a retry: %+v", got)
	}
	owed, err := w.Submissions.Owed(t.Context(), 10)
	if err != nil || len(owed) != 1 || owed[0].Event != s.Event {
		t.Errorf("owed: %+v %v", owed, err)
	}
	w.retry(t, w.bury(t, d).ID, catalog.RetryObsolete)

	// A submission that was refused before it named a repository is published again.
	// Another tenant's submission with the same key is not touched.
	refused := catalog.SubmissionKey{Tenant: "other", Source: s.Source, Event: s.Event}
	w.do(t, func(ctx context.Context) error { return w.Submissions.Fail(ctx, s, "not found") })
	w.do(t, func(ctx context.Context) error { return w.Submissions.Refuse(ctx, refused, "", "unknown version") })
	d.Tenant = "other"
	l = w.bury(t, d)
	published := errors.New("no broker")
	if _, _, err := w.Letters.Retry(t.Context(), l.ID, func(context.Context, catalog.DeadLetter) error { return published }); !errors.Is(err, published) {
		t.Errorf("error %v", err)
	}
	if got := w.letters(t, catalog.LetterFilter{Tenant: "other"}); len(got) != 1 {
		t.Errorf("a letter that could not be published is gone: %+v", got)
	}
	if got := w.status(t, s); got.State != "failed" {
		t.Errorf("the other tenant's submission: %+v", got)
	}
}

// A letter that was written while its repository was being forgotten brings nothing
// back.
func TestRetryOfWhatWasForgotten(t *testing.T) {
	w := newWorld(t)
	for name, forget := range map[string]func(ctx context.Context, s catalog.Submission) error{
		"a ref": func(ctx context.Context, s catalog.Submission) error {
			w.exec(t, "insert into tracks (id, repository, ref) values ($1, $2, 'refs/heads/main')", events.TrackID(s.Repository, "refs/heads/main"), s.Repository)
			w.exec(t, "update submissions set ref = 'refs/heads/main' where event = $1", s.Event)
			_, err := w.Removals.Forget(ctx, s.Repository, "refs/heads/main")
			return err
		},
		"a repository": func(ctx context.Context, s catalog.Submission) error {
			_, err := w.Removals.Forget(ctx, s.Repository)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := submission("acme", "https://example.org/"+name, name)
			w.accept(t, s)
			w.do(t, func(ctx context.Context) error { return forget(ctx, s) })
			l := w.bury(t, catalog.DeadLetter{Worker: "ingestor", Tenant: "acme", Source: s.Source, Event: s.Event, Subject: "leat.repo.submitted.acme", Reason: "r"})
			w.retry(t, l.ID, catalog.RetryObsolete)
			if got := w.status(t, s); got.State != "failed" {
				t.Errorf("the submission: %+v", got)
			}
		})
	}
}

func TestRetryTogetherIsOneRetry(t *testing.T) {
	w := newWorld(t)
	l := w.bury(t, catalog.DeadLetter{Worker: "ingestor", Subject: "leat.repo.submitted.acme", Headers: map[string]string{}, Reason: "r"})
	var published, refused atomic.Int64
	together(t, 8, func(ctx context.Context, _ int) error {
		became, _, err := w.Letters.Retry(ctx, l.ID, func(context.Context, catalog.DeadLetter) error { published.Add(1); return nil })
		if became == catalog.RetryRefused {
			refused.Add(1)
		}
		return err
	})
	if published.Load() != 1 || refused.Load() != 7 {
		t.Errorf("published %d times, refused %d", published.Load(), refused.Load())
	}
}

func TestDropLeavesTheDocumentFailed(t *testing.T) {
	w := newWorld(t)
	a, b := w.document("a.go", "aaaa"), w.document("b.go", "bbbb")
	w.list(t, "one", a, b)
	w.do(t, func(ctx context.Context) error {
		return w.BuryDocument(ctx, catalog.Current{ID: a.ID, Revision: 1}, "poison")
	})
	began := time.Now()
	w.do(t, func(ctx context.Context) error {
		_, err := w.DelayDocument(ctx, catalog.Current{ID: b.ID, Revision: 1}, "passing", catalog.Backoff{First: time.Minute, Most: time.Hour})
		return err
	})
	l := w.bury(t, catalog.DeadLetter{Worker: "embedder", Document: &a.ID, Reason: "poison"})
	for _, want := range []bool{true, false} {
		if dropped, err := w.Letters.Drop(t.Context(), l.ID); err != nil || dropped != want {
			t.Errorf("dropped: %v %v, want %v", dropped, err, want)
		}
	}
	w.is(t, a.ID, catalog.StateFailed, 1, 0, "infinity")

	got := make(map[string]catalog.Failed)
	for after := uuid.Nil; ; {
		page, err := w.Flow.FailedDocuments(t.Context(), w.track.Repository, after, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		after = page[0].ID
		got[page[0].Path] = page[0]
	}
	if f := got["a.go"]; f.Error != "poison" || f.Attempts != 1 || !f.Due.IsZero() || f.Ref != w.track.Ref {
		t.Errorf("a.go: %+v", f)
	}
	if f := got["b.go"]; f.Error != "passing" || f.Attempts != 1 || f.Due.Sub(began) < 20*time.Second || time.Until(f.Due) > time.Minute {
		t.Errorf("b.go: %+v", f)
	}
}
