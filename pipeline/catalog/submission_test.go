package catalog_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
)

const repositoryURL = "https://example.org/repository" // of the world's track

func (w *world) status(t testing.TB, s catalog.Submission) catalog.SubmissionStatus {
	t.Helper()
	status, err := w.Submissions.Status(t.Context(), s.SubmissionKey)
	if err != nil {
		t.Fatal(err)
	}
	return status
}

func (w *world) accept(t testing.TB, s catalog.Submission) (done bool) {
	t.Helper()
	done, err := w.Submissions.Accept(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func TestAcceptTwice(t *testing.T) {
	w := newWorld(t)
	s := submission("default", repositoryURL, "1")
	if _, err := w.Submissions.Status(t.Context(), s.SubmissionKey); !errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("status of what nobody accepted: %v", err)
	}
	for range 2 {
		if w.accept(t, s) {
			t.Error("done before anything was done")
		}
	}
	snapshot := w.list(t, "a", w.document("a", "x"))
	w.do(t, func(ctx context.Context) error { return w.Submissions.Finish(ctx, s, w.track.ID, snapshot.Revision) })
	if !w.accept(t, s) {
		t.Error("a second delivery is not told that the work is done")
	}
	status := w.status(t, s)
	if status.State != "done" || status.Track != w.track.ID || status.Revision != 1 || status.Repository != s.Repository || status.Indexed {
		t.Errorf("status = %+v", status)
	}
	// An event of another tenant, or another source, with the same id is another.
	if w.accept(t, submission("other", repositoryURL, "1")) {
		t.Error("another tenant's submission is taken for done")
	}
}

func TestRenewKeepsTheLeaseOfAPendingSubmission(t *testing.T) {
	w := newWorld(t)
	s, other := submission("default", repositoryURL, "1"), submission("default", repositoryURL, "2")
	w.accept(t, s)
	w.accept(t, other)
	w.exec(t, "update submissions set due_at = now()")
	w.do(t, func(ctx context.Context) error { return w.Submissions.Renew(ctx, s) })
	owed, err := w.Submissions.Owed(t.Context(), 10)
	if err != nil || len(owed) != 1 || owed[0].Event != other.Event {
		t.Errorf("owed = %+v, %v; want the one that was not renewed", owed, err)
	}
	if in := value[float64](t, w, "select extract(epoch from due_at - now())::float8 from submissions where event = '1'"); in < 50 || in > 60 {
		t.Errorf("due in %.1f s, want the lease of a minute", in)
	}
	w.do(t, func(ctx context.Context) error { return w.Submissions.Fail(ctx, s, "no such ref") })
	w.do(t, func(ctx context.Context) error { return w.Submissions.Renew(ctx, s) })
	if status := w.status(t, s); status.State != "failed" || status.Attempts != 1 {
		t.Errorf("after the end, status = %+v", status)
	}
	if value[bool](t, w, "select due_at is not null from submissions where event = '1'") {
		t.Error("a submission that has ended is due again")
	}
}

// A worker may renew a submission once more after another worker has finished it and
// its only ref has been forgotten. Renewal must not accept it again, which would recall
// the repository.
func TestRenewDoesNotRecallAForgottenRepository(t *testing.T) {
	w := newWorld(t)
	s := submission("default", repositoryURL, "1")
	w.accept(t, s)
	snapshot := w.list(t, "a", w.document("a", "x"))
	w.do(t, func(ctx context.Context) error { return w.Submissions.Finish(ctx, s, w.track.ID, snapshot.Revision) })
	w.do(t, func(ctx context.Context) error {
		_, err := w.Removals.Forget(ctx, s.Repository, w.track.Ref)
		return err
	})
	const forgotten = "select forgotten_at is not null from repositories where id = $1"
	if !value[bool](t, w, forgotten, s.Repository) {
		t.Fatal("a repository without a ref is not forgotten")
	}
	w.do(t, func(ctx context.Context) error { return w.Submissions.Renew(ctx, s) })
	if !value[bool](t, w, forgotten, s.Repository) {
		t.Error("renewing recalled the repository")
	}
	w.accept(t, s) // this recalls the repository, which shows that the test can see it
	if value[bool](t, w, forgotten, s.Repository) {
		t.Error("accepting does not recall it: the test above shows nothing")
	}
}

func TestSubmissionIsIndexedWithItsSnapshotOrALaterOne(t *testing.T) {
	w := newWorld(t)
	first := submission("default", repositoryURL, "1")
	w.accept(t, first)
	a := w.document("a", "x")
	snapshot := w.list(t, "a", a)
	w.do(t, func(ctx context.Context) error {
		return w.Submissions.Finish(ctx, first, w.track.ID, snapshot.Revision)
	})
	if w.status(t, first).Indexed {
		t.Error("indexed while its document is not")
	}
	w.list(t, "b", a) // supersedes it
	if !w.status(t, first).Indexed {
		t.Error("a submission whose snapshot was superseded waits for ever")
	}
}

func TestRefusedThenAccepted(t *testing.T) {
	w := newWorld(t)
	s := submission("default", repositoryURL, "1")
	w.do(t, func(ctx context.Context) error {
		return w.Submissions.Refuse(ctx, s.SubmissionKey, "ma\x00in\xff", "https://u:hunter2@h is not allowed")
	})
	status := w.status(t, s)
	if status.State != "failed" || strings.Contains(status.Error, "hunter2") || status.Error == "" {
		t.Errorf("status = %+v", status)
	}
	w.accept(t, s) // the configuration allows it now
	if status = w.status(t, s); status.State != "pending" || status.Repository != s.Repository {
		t.Errorf("status = %+v", status)
	}
}

func TestFailedThenAccepted(t *testing.T) {
	w := newWorld(t)
	s := submission("default", repositoryURL, "1")
	w.accept(t, s)
	for range 3 {
		w.do(t, func(ctx context.Context) error { return w.Submissions.Fail(ctx, s, "no such ref") })
	}
	status := w.status(t, s)
	if status.State != "failed" || status.Attempts != 3 || status.Error != "no such ref" {
		t.Errorf("status = %+v", status)
	}
	if got := value[string](t, w, "select error from repositories where id = $1", s.Repository); got != "no such ref" {
		t.Errorf("the repository says %q", got)
	}
	w.accept(t, s)
	if status = w.status(t, s); status.State != "pending" || status.Attempts != 0 || status.Error != "" {
		t.Errorf("a redrive begins with %+v", status)
	}
	snapshot := w.list(t, "a")
	w.do(t, func(ctx context.Context) error { return w.Submissions.Finish(ctx, s, w.track.ID, snapshot.Revision) })
	if got := value[*string](t, w, "select error from repositories where id = $1", s.Repository); got != nil {
		t.Errorf("the repository still says %q", *got)
	}
}

// A late failure of one worker does not undo the work of another.
func TestDoneStaysDone(t *testing.T) {
	w := newWorld(t)
	s := submission("default", repositoryURL, "1")
	w.accept(t, s)
	snapshot := w.list(t, "a")
	w.do(t, func(ctx context.Context) error { return w.Submissions.Finish(ctx, s, w.track.ID, snapshot.Revision) })
	w.do(t, func(ctx context.Context) error { return w.Submissions.Fail(ctx, s, "late") })
	w.do(t, func(ctx context.Context) error { return w.Submissions.Refuse(ctx, s.SubmissionKey, "", "late") })
	attempts, err := w.Submissions.Delay(t.Context(), s, "late", catalog.Backoff{First: time.Second, Most: time.Second})
	if err != nil || attempts != 0 {
		t.Errorf("%d attempts, %v", attempts, err)
	}
	if status := w.status(t, s); status.State != "done" || status.Error != "" {
		t.Errorf("status = %+v", status)
	}
	if got := value[*string](t, w, "select error from repositories where id = $1", s.Repository); got != nil {
		t.Errorf("the repository says %q", *got)
	}
}

// The event is acknowledged once the failure is recorded, so the row must be there
// afterwards.
func TestDelayOfWhatWasNeverAccepted(t *testing.T) {
	w := newWorld(t)
	for _, record := range []struct {
		event string
		state catalog.SubmissionState
		with  func(context.Context, catalog.Submission) error
	}{
		{"1", "pending", func(ctx context.Context, s catalog.Submission) error {
			attempts, err := w.Submissions.Delay(ctx, s, "no connection", catalog.Backoff{First: time.Second, Most: time.Second})
			if attempts != 1 {
				t.Errorf("%d attempts, want 1", attempts)
			}
			return err
		}},
		{"2", "failed", func(ctx context.Context, s catalog.Submission) error { return w.Submissions.Fail(ctx, s, "panic") }},
	} {
		s := submission("default", "https://example.org/new"+record.event, record.event)
		w.do(t, func(ctx context.Context) error { return record.with(ctx, s) })
		if status := w.status(t, s); status.State != record.state || status.Attempts != 1 || status.Error == "" {
			t.Errorf("status = %+v", status)
		}
	}
}

func TestBackoffOfSubmissions(t *testing.T) {
	w := newWorld(t)
	s := submission("default", repositoryURL, "1")
	testBackoff(t, func(b catalog.Backoff) (int, float64) {
		attempts, err := w.Submissions.Delay(t.Context(), s, "r", b)
		if err != nil {
			t.Fatal(err)
		}
		return attempts, value[float64](t, w, "select extract(epoch from due_at - now())::float8 from submissions")
	})
}

// testBackoff fails an attempt again and again, and checks when each next one
// is due. delay returns the attempts that failed and the seconds to the next.
func testBackoff(t *testing.T, delay func(catalog.Backoff) (int, float64)) {
	b := catalog.Backoff{First: 10 * time.Second, Most: 100 * time.Second}
	for i, most := range []float64{10, 20, 40, 80, 100, 100} {
		began := time.Now()
		attempts, in := delay(b)
		took := time.Since(began).Seconds() // of which a part is between the write and the look
		if attempts != i+1 {
			t.Errorf("%d attempts, want %d", attempts, i+1)
		}
		if in > most || in < most/2-1-took {
			t.Errorf("attempt %d is due in %.1f s, want %.0f to %.0f", i+1, in, most/2, most)
		}
	}
	b.AtLeast = time.Hour
	began := time.Now()
	if _, in := delay(b); in > 3600 || in < 3599-time.Since(began).Seconds() {
		t.Errorf("due in %.1f s, want 3600", in)
	}
}

func TestAttemptsWithoutEndDoNotOverflow(t *testing.T) {
	w := newWorld(t)
	s := submission("default", repositoryURL, "1")
	w.accept(t, s)
	w.exec(t, "update submissions set attempts = 100000")
	attempts, err := w.Submissions.Delay(t.Context(), s, "r", catalog.Backoff{First: time.Second, Most: time.Minute})
	if err != nil || attempts != 100001 {
		t.Errorf("%d attempts, %v", attempts, err)
	}
}

func TestOwedSubmissions(t *testing.T) {
	w := newWorld(t)
	const n = 40
	for i := range n {
		w.accept(t, submission("default", repositoryURL, fmt.Sprint(i)))
	}
	if owed, err := w.Submissions.Owed(t.Context(), 10); err != nil || len(owed) != 0 {
		t.Fatalf("%d are owed while their lease lasts: %v", len(owed), err)
	}
	w.exec(t, "update submissions set due_at = now() - interval '1 s'")
	// Two syncers that ask at once share the work.
	got := make(chan catalog.Submission, 2*n)
	together(t, 4, func(ctx context.Context, _ int) error {
		owed, err := w.Submissions.Owed(ctx, n/4)
		for _, s := range owed {
			got <- s
		}
		return err
	})
	for rest := 0; ; rest++ { // what was locked when somebody else looked
		owed, err := w.Submissions.Owed(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range owed {
			got <- s
		}
		if len(owed) == 0 {
			break
		}
	}
	close(got)
	seen := make(map[string]bool)
	for s := range got {
		if seen[s.Event] {
			t.Errorf("submission %s was handed out twice", s.Event)
		}
		seen[s.Event] = true
		if s.URL != repositoryURL || s.Ref != "main" || s.Tenant != "default" || s.Source != "/test" {
			t.Errorf("owed: %+v", s)
		}
	}
	if len(seen) != n {
		t.Errorf("%d were handed out, want %d", len(seen), n)
	}
}

// Somebody else chooses the URI that is a source.
func TestSourceWithACredential(t *testing.T) {
	w := newWorld(t)
	s := submission("default", repositoryURL, "1")
	s.Source = "https://ci:hunter2@ci.example.org/"
	w.accept(t, s)
	if w.status(t, s).State != "pending" {
		t.Error("the submission is not found by the source it was accepted with")
	}
	if source := value[string](t, w, "select source from submissions"); source != "https://ci.example.org/" {
		t.Errorf("source = %q", source)
	}
}

// A listing that a final failure has cut short does not stay open for ever.
func TestFailureGivesUpItsListing(t *testing.T) {
	w := newWorld(t)
	s := submission("default", repositoryURL, "1")
	other := submission("default", repositoryURL, "2")
	w.accept(t, s)
	w.accept(t, other)
	snapshot := w.begin(t, "a")
	w.do(t, func(ctx context.Context) error { return w.Submissions.Fail(ctx, s, "panic") })
	w.put(t, snapshot, w.document("a", "x")) // the other one may be what lists it
	w.do(t, func(ctx context.Context) error { return w.Submissions.Fail(ctx, other, "panic") })
	open, err := w.Gauges.CountOpen(t.Context())
	if err != nil || open != 0 {
		t.Errorf("%d are open, %v", open, err)
	}
	tracks, err := w.Tracks(t.Context(), "default")
	if err != nil || len(tracks) != 1 || tracks[0].State != "failed" || tracks[0].Error != "panic" {
		t.Errorf("tracks = %+v, %v", tracks, err)
	}
}

// The longest sources and ids of events do not fit into an index.
func TestLongKeys(t *testing.T) {
	w := newWorld(t)
	long := rand.Text()
	for len(long) < 4000 {
		long += rand.Text() // does not compress
	}
	for i, end := range []string{"a", "b"} {
		s := submission("default", repositoryURL, long+end)
		s.Source = long
		w.accept(t, s)
		if n := w.count(t, "submissions"); n != i+1 {
			t.Errorf("%d submissions, want %d", n, i+1)
		}
		w.exec(t, "update submissions set due_at = now() where due_at > now()")
		owed, err := w.Submissions.Owed(t.Context(), 1)
		if err != nil || len(owed) != 1 {
			t.Fatalf("owed: %+v, %v", owed, err)
		}
		owed[0].Repository = s.Repository
		w.accept(t, owed[0]) // published again, it is the same
		if n := w.count(t, "submissions"); n != i+1 {
			t.Errorf("%d submissions, want %d", n, i+1)
		}
		w.do(t, func(ctx context.Context) error {
			return w.Letters.Bury(ctx, catalog.DeadLetter{Worker: "test", Source: s.Source, Event: s.Event, Reason: "r"})
		})
	}
}
