package catalog_test

import (
	"context"
	"testing"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
)

// Several statements that are sent together end a submission. If the last of them cannot
// work, the others have done nothing.
func TestStatementsSentTogetherAreOneTransaction(t *testing.T) {
	w := newWorld(t)
	s := submission("default", repositoryURL, "1")
	snapshot := w.list(t, "a", w.document("a", "x"))
	w.accept(t, s)
	w.do(t, func(ctx context.Context) error {
		_, err := w.Submissions.Delay(ctx, s, "no answer", catalog.Backoff{First: time.Hour, Most: time.Hour})
		return err
	})
	reason := func() (text string) {
		t.Helper()
		if err := w.sql.QueryRow(t.Context(), "select coalesce(error, '') from repositories where id = $1", s.Repository).Scan(&text); err != nil {
			t.Fatal(err)
		}
		return text
	}
	if got := reason(); got != "no answer" {
		t.Fatalf("the repository's error is %q", got)
	}
	constrain := func(ctx context.Context, how string) {
		if _, err := w.sql.Exec(ctx, "alter table submissions "+how); err != nil {
			t.Error(err)
		}
	}
	constrain(t.Context(), "add constraint never check (revision < 1000)")
	err := w.Submissions.Finish(t.Context(), s, w.track.ID, 1000)
	constrain(t.Context(), "drop constraint never")
	if err == nil {
		t.Error("a submission ended with a revision that a constraint forbids")
	}
	if got := reason(); got != "no answer" {
		t.Errorf("the repository's error is %q after a transaction that failed", got)
	}
	w.do(t, func(ctx context.Context) error { return w.Submissions.Finish(ctx, s, w.track.ID, snapshot.Revision) })
	if got := reason(); got != "" {
		t.Errorf("the repository's error is still %q", got)
	}
}
