package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/catalog"
)

// letters returns those that a filter chooses, all pages of them.
func (w *world) letters(t testing.TB, f catalog.LetterFilter) []catalog.Letter {
	t.Helper()
	var all []catalog.Letter
	for after := int64(0); ; after = all[len(all)-1].ID {
		page, err := w.Letters.List(t.Context(), f, after, math.MaxInt64, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			return all
		}
		all = append(all, page...)
	}
}

func (w *world) bury(t testing.TB, d catalog.DeadLetter) catalog.Letter {
	t.Helper()
	w.do(t, func(ctx context.Context) error { return w.Letters.Bury(ctx, d) })
	last, err := w.Letters.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := w.letters(t, catalog.LetterFilter{IDs: []int64{last}})
	if len(found) != 1 {
		t.Fatalf("%d letters have the id %d", len(found), last)
	}
	return found[0]
}

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

func TestDeliveredTwiceIsOneLetter(t *testing.T) {
	w := newWorld(t)
	d := catalog.DeadLetter{Worker: "ingestor", Message: "LEAT_INTAKE/1@x", Tenant: "acme", Reason: "first", Attempts: 1}
	first := w.bury(t, d)
	d.Reason, d.Attempts = "second", 2
	w.do(t, func(ctx context.Context) error { return w.Letters.Bury(ctx, d) })
	together(t, 8, func(ctx context.Context, _ int) error { return w.Letters.Bury(ctx, d) })
	got := w.letters(t, catalog.LetterFilter{})
	if len(got) != 1 || got[0].ID != first.ID || got[0].Reason != "second" || got[0].Attempts != 2 {
		t.Errorf("letters: %+v", got)
	}
	for _, other := range []catalog.DeadLetter{
		{Worker: "indexer", Message: d.Message, Reason: "r"},                 // another worker's
		{Worker: "ingestor", Message: "LEAT_INTAKE/1@y", Reason: "r"},        // of a stream made anew
		{Worker: "ingestor", Reason: "r"}, {Worker: "ingestor", Reason: "r"}, // nobody knows
	} {
		w.do(t, func(ctx context.Context) error { return w.Letters.Bury(ctx, other) })
	}
	if got := w.letters(t, catalog.LetterFilter{}); len(got) != 5 {
		t.Errorf("%d letters, want 5", len(got))
	}
}

func TestNewerLetterTakesThePlaceOfTheOlder(t *testing.T) {
	w := newWorld(t)
	a, b := w.document("a.go", "aaaa"), w.document("b.go", "bbbb")
	w.list(t, "one", a, b)
	n := 0
	message := func() string { n++; return fmt.Sprint("S/", n, "@x") }
	for range 3 {
		for _, id := range []uuid.UUID{a.ID, b.ID} {
			w.bury(t, catalog.DeadLetter{Worker: "embedder", Message: message(), Document: &id, Reason: "r"})
		}
		for _, tenant := range []string{"one", "two"} {
			w.bury(t, catalog.DeadLetter{Worker: "ingestor", Message: message(), Tenant: tenant, Source: "/ci", Event: "1", Reason: "r"})
		}
	}
	got := w.letters(t, catalog.LetterFilter{})
	if len(got) != 4 {
		t.Errorf("%d letters, want one a document and submission: %+v", len(got), got)
	}
	w.bury(t, catalog.DeadLetter{Worker: "indexer", Message: message(), Document: &a.ID, Reason: "r"})
	if got := w.letters(t, catalog.LetterFilter{}); len(got) != 5 {
		t.Errorf("%d letters: another worker's took the place of one", len(got))
	}
}

// An index of Postgres does not take an event's source and id of any length.
func TestLetterOfALongKey(t *testing.T) {
	w := newWorld(t)
	long := ""
	for i := range 4096 { // does not compress
		long += string(rune('a' + (i*i*7+i/13)%26))
	}
	for _, message := range []string{"S/1@x", "S/2@x"} {
		w.bury(t, catalog.DeadLetter{Worker: "ingestor", Message: message, Tenant: "acme", Source: long, Event: long, Reason: "r"})
	}
	if got := w.letters(t, catalog.LetterFilter{}); len(got) != 1 {
		t.Errorf("%d letters, want one: both are about the same event", len(got))
	}
}

func TestWhole(t *testing.T) {
	w := newWorld(t)
	many := make(map[string]string)
	for i := range 40 {
		many[fmt.Sprint("h", i)] = "v"
	}
	for _, test := range []struct {
		name  string
		with  catalog.DeadLetter
		whole bool
	}{
		{"text", catalog.DeadLetter{Headers: map[string]string{"a": "b é"}, Payload: []byte(`{"url":"https://example.com/a"}`)}, true},
		{"nothing", catalog.DeadLetter{Headers: map[string]string{}}, true},
		{"bytes in the payload", catalog.DeadLetter{Headers: map[string]string{}, Payload: []byte("\xff\x00")}, true},
		{"a credential in the payload", catalog.DeadLetter{Headers: map[string]string{}, Payload: []byte(`{"url":"https://u:p@example.com/a"}`)}, false},
		{"a credential in a header", catalog.DeadLetter{Headers: map[string]string{"a": "https://u:p@example.com"}}, false},
		{"a secret header", catalog.DeadLetter{Headers: map[string]string{"Authorization": "Bearer x"}}, false},
		{"bytes in a header", catalog.DeadLetter{Headers: map[string]string{"a": "\xff"}}, false},
		{"NUL in a header", catalog.DeadLetter{Headers: map[string]string{"a": "\x00"}}, false},
		{"a long header", catalog.DeadLetter{Headers: map[string]string{"a": strings.Repeat("x", 5000)}}, false},
		{"many headers", catalog.DeadLetter{Headers: many}, false},
		{"a large payload", catalog.DeadLetter{Headers: map[string]string{}, Payload: make([]byte, 70_000)}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.with.Worker, test.with.Subject, test.with.Reason = "w", "leat.repo.submitted.acme", "r"
			got := w.bury(t, test.with)
			if got.Whole != test.whole {
				t.Errorf("whole: %v", got.Whole)
			}
			if !test.whole {
				if why := w.retry(t, got.ID, catalog.RetryRefused); !strings.Contains(why, "drop it and submit") {
					t.Errorf("why: %s", why)
				}
				return
			}
			var sent catalog.DeadLetter
			became, _, err := w.Letters.Retry(t.Context(), got.ID, func(_ context.Context, d catalog.DeadLetter) error { sent = d; return nil })
			if err != nil || became != catalog.RetryPublished {
				t.Fatalf("%q %v", became, err)
			}
			if sent.Subject != test.with.Subject || string(sent.Payload) != string(test.with.Payload) || !maps.Equal(sent.Headers, test.with.Headers) {
				t.Errorf("published %+v", sent)
			}
		})
	}
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

	// What is under way, or done by now, is left alone.
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

// A letter may be of a generation beside the active one: that one tries its
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

// The subject tells which document's work a message took the place of, if the
// message itself does not.
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
	w.do(t, func(ctx context.Context) error { return w.FailSubmission(ctx, s, "not found") })
	d := catalog.DeadLetter{Worker: "ingestor", Tenant: "acme", Source: s.Source, Event: s.Event, Subject: "leat.repo.submitted.acme", Headers: map[string]string{}, Reason: "not found"}
	l := w.bury(t, d)
	if l.URL != s.URL {
		t.Errorf("the letter is about %q", l.URL)
	}
	w.retry(t, l.ID, catalog.RetryDue)
	if got := w.status(t, s); got.State != "pending" || got.Attempts != 0 || got.Error != "" {
		t.Errorf("after a retry: %+v", got)
	}
	owed, err := w.OwedSubmissions(t.Context(), 10)
	if err != nil || len(owed) != 1 || owed[0].Event != s.Event {
		t.Errorf("owed: %+v %v", owed, err)
	}
	w.retry(t, w.bury(t, d).ID, catalog.RetryObsolete)

	// One that was refused before it named a repository is published again, and
	// another tenant's of the same key is not touched.
	refused := catalog.SubmissionKey{Tenant: "other", Source: s.Source, Event: s.Event}
	w.do(t, func(ctx context.Context) error { return w.FailSubmission(ctx, s, "not found") })
	w.do(t, func(ctx context.Context) error { return w.RefuseSubmission(ctx, refused, "", "unknown version") })
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

// A letter that was written as its repository was being forgotten brings
// nothing back.
func TestRetryOfWhatWasForgotten(t *testing.T) {
	w := newWorld(t)
	for name, forget := range map[string]func(ctx context.Context, s catalog.Submission) error{
		"a ref": func(ctx context.Context, s catalog.Submission) error {
			w.exec(t, "insert into tracks (id, repository, ref) values ($1, $2, 'refs/heads/main')", events.TrackID(s.Repository, "refs/heads/main"), s.Repository)
			w.exec(t, "update submissions set ref = 'refs/heads/main' where event = $1", s.Event)
			_, err := w.Forget(ctx, s.Repository, "refs/heads/main")
			return err
		},
		"a repository": func(ctx context.Context, s catalog.Submission) error {
			_, err := w.Forget(ctx, s.Repository)
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

func TestLetterFilters(t *testing.T) {
	w := newWorld(t)
	a := w.document("a.go", "aaaa")
	w.list(t, "one", a)
	s := submission("acme", "https://example.org/gone", "event")
	w.accept(t, s)
	for _, d := range []catalog.DeadLetter{
		{Worker: "embedder", Tenant: "default", Document: &a.ID, Reason: "Corrupt 100%"},
		{Worker: "ingestor", Tenant: "acme", Source: s.Source, Event: s.Event, Reason: "not found"},
		{Worker: "ingestor", Tenant: "acme", Reason: "no JSON"},
		{Worker: "ingestor", Tenant: "", Reason: "no tenant"},
	} {
		w.bury(t, d)
	}
	w.exec(t, "update dead_letters set created_at = now() - interval '2 days' where reason = 'no JSON'")
	for name, test := range map[string]struct {
		filter catalog.LetterFilter
		want   []string
	}{
		"none":         {catalog.LetterFilter{}, []string{"Corrupt 100%", "not found", "no JSON", "no tenant"}},
		"a tenant":     {catalog.LetterFilter{Tenant: "acme"}, []string{"not found", "no JSON"}},
		"a worker":     {catalog.LetterFilter{Worker: "embedder"}, []string{"Corrupt 100%"}},
		"a reason":     {catalog.LetterFilter{Reason: "CORRUPT 1"}, []string{"Corrupt 100%"}},
		"no pattern":   {catalog.LetterFilter{Reason: "%"}, []string{"Corrupt 100%"}},
		"a document's": {catalog.LetterFilter{Repositories: []uuid.UUID{w.track.Repository}}, []string{"Corrupt 100%"}},
		"a submission": {catalog.LetterFilter{Repositories: []uuid.UUID{s.Repository}}, []string{"not found"}},
		"old":          {catalog.LetterFilter{OlderThan: 24 * time.Hour}, []string{"no JSON"}},
		"before":       {catalog.LetterFilter{Before: time.Now().Add(-time.Hour)}, []string{"no JSON"}},
		"two at once":  {catalog.LetterFilter{Tenant: "acme", Worker: "ingestor", Reason: "found"}, []string{"not found"}},
		"nothing":      {catalog.LetterFilter{Tenant: "default", Worker: "ingestor"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, l := range w.letters(t, test.filter) {
				got = append(got, l.Reason)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestDropLeavesTheDocumentFailed(t *testing.T) {
	w := newWorld(t)
	a, b := w.document("a.go", "aaaa"), w.document("b.go", "bbbb")
	w.list(t, "one", a, b)
	w.do(t, func(ctx context.Context) error {
		return w.BuryDocument(ctx, catalog.Current{ID: a.ID, Revision: 1}, "poison")
	})
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
		page, err := w.FailedDocuments(t.Context(), w.track.Repository, after, 1)
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
	if f := got["b.go"]; f.Error != "passing" || f.Attempts != 1 || time.Until(f.Due) < 20*time.Second || time.Until(f.Due) > time.Minute {
		t.Errorf("b.go: %+v", f)
	}
}
