package catalog_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/catalog"
)

// located asks for the place of an address.
func (w *world) located(t *testing.T, tenant, url string) catalog.Place {
	t.Helper()
	place, err := w.Names.Locate(t.Context(), tenant, url)
	if err != nil {
		t.Fatal(err)
	}
	return place
}

// submitted accepts a submission as an ingestor does, and returns it.
func (w *world) submitted(t *testing.T, tenant, url, event string) catalog.Submission {
	t.Helper()
	s := submission(tenant, url, event)
	s.Repository = w.located(t, tenant, url).Repository
	w.do(t, func(ctx context.Context) error { _, err := w.Submissions.Accept(ctx, s); return err })
	return s
}

func TestEveryFormOfAnAddressIsOneRow(t *testing.T) {
	w := newWorld(t)
	w.exec(t, "delete from repositories")
	for i, url := range []string{
		"git@h.example:a/b.git", "https://h.example/a/b", "https://h.example/a/b.git", "ssh://git@h.example/a/b.git", "ssh://alice@h.example:22/a/b", "https://h.example:443/a/b/",
	} {
		w.submitted(t, "acme", url, string(rune('a'+i)))
	}
	w.submitted(t, "other", "https://h.example/a/b", "z")
	if n := value[int](t, w, "select count(*) from repositories where tenant = 'acme'"); n != 1 {
		t.Errorf("%d rows of one repository", n)
	}
	if id := value[uuid.UUID](t, w, "select id from repositories where tenant = 'acme'"); id != events.RepositoryID("acme", "https://h.example/a/b") {
		t.Error("the id does not derive from the name")
	}
	// The event of an owed submission has the address that was submitted.
	w.exec(t, "update submissions set due_at = now()")
	owed, err := w.Submissions.Owed(t.Context(), 10)
	if err != nil || len(owed) != 7 {
		t.Fatalf("%d owed, %v", len(owed), err)
	}
	urls := map[string]bool{}
	for _, s := range owed {
		urls[s.URL] = true
	}
	if len(urls) != 6 {
		t.Errorf("the owed submissions give %v", urls)
	}
}

// The row shows the first address, and fetches from the last one that worked.
func TestWhatWorkedLastIsFetched(t *testing.T) {
	w := newWorld(t)
	s := w.list(t, "a", w.document("a.go", "content"))
	url := w.track.URL
	if got := w.located(t, w.track.Tenant, url).URL; got != url {
		t.Fatalf("fetched from %q", got)
	}
	other := submission(w.track.Tenant, url, "2")
	other.Repository, other.URL = w.track.Repository, url+".git"
	w.do(t, func(ctx context.Context) error { _, err := w.Submissions.Accept(ctx, other); return err })
	if got := w.located(t, w.track.Tenant, url).URL; got != url {
		t.Errorf("fetched from %q before that worked", got)
	}
	w.do(t, func(ctx context.Context) error { return w.Submissions.Finish(ctx, other, w.track.ID, s.Revision) })
	if got := w.located(t, w.track.Tenant, url).URL; got != url+".git" {
		t.Errorf("fetched from %q", got)
	}
	if shown := value[string](t, w, "select url from repositories where id = $1", w.track.Repository); shown != url {
		t.Errorf("shown as %q", shown)
	}
}

func TestARenamedRepositoryKeepsItsRow(t *testing.T) {
	w := newWorld(t)
	const a, b, c = "https://h.example/a", "https://h.example/b", "https://h.example/c"
	s := w.submitted(t, "acme", a, "1")
	rename := func(from, to string) uuid.UUID {
		t.Helper()
		id, err := w.Names.Alias(t.Context(), "acme", from, to)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	if _, err := w.Names.Alias(t.Context(), "acme", c, b); !errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("a rename of nothing: %v", err)
	}
	for _, step := range [][2]string{{a, b}, {a, b}, {b, c}, {c, a}, {a, c}} {
		if id := rename(step[0], step[1]); id != s.Repository {
			t.Fatalf("%s to %s: row %s, want %s", step[0], step[1], id, s.Repository)
		}
		if now := w.located(t, "acme", step[1]); now.Repository != s.Repository || now.Former || now.URL != step[1] {
			t.Errorf("%s to %s: the new name leads to %+v", step[0], step[1], now)
		}
		if old := w.located(t, "acme", step[0]); old.Repository != s.Repository || !old.Former || old.URL != step[1] {
			t.Errorf("%s to %s: the old name leads to %+v", step[0], step[1], old)
		}
	}
	if n := value[int](t, w, "select count(*) from repositories where tenant = 'acme'"); n != 1 {
		t.Errorf("%d rows", n)
	}
	// Somebody else takes the old name: a repository of its own, with an id of its own.
	w.do(t, func(ctx context.Context) error { return w.Names.Unalias(ctx, "acme", a) })
	again := w.submitted(t, "acme", a, "2")
	if again.Repository == s.Repository {
		t.Error("another repository got the row of the first")
	}
	if now := w.located(t, "acme", c); now.Repository != s.Repository {
		t.Errorf("the first leads to %+v", now)
	}
	// A rename in another tenant is none of this one's.
	if _, err := w.Names.Alias(t.Context(), "other", c, b); !errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("a rename in another tenant: %v", err)
	}
}

// A repository fetched by ssh is fetched by ssh after its rename.
func TestARenameKeepsTheScheme(t *testing.T) {
	w := newWorld(t)
	w.submitted(t, "acme", "git@h.example:team/old.git", "1")
	if _, err := w.Names.Alias(t.Context(), "acme", "https://h.example/team/old", "https://h.example/team/new"); err != nil {
		t.Fatal(err)
	}
	if now := w.located(t, "acme", "https://h.example/team/new"); now.URL != "git@h.example:team/new.git" {
		t.Errorf("fetched from %q", now.URL)
	}
}

// Two rows turn out to be one repository. One row takes over, and the other stays in the
// index until then.
func TestOneRowTakesTheOthersPlace(t *testing.T) {
	w := newWorld(t)
	old := w.track
	w.list(t, "a", w.document("a.go", "content"))
	const to = "https://h.example/new"
	w.submitted(t, old.Tenant, to, "1")
	id, err := w.Names.Alias(t.Context(), old.Tenant, old.URL, to)
	if err != nil || id != events.RepositoryID(old.Tenant, to) {
		t.Fatalf("%s, %v", id, err)
	}
	if place := w.located(t, old.Tenant, old.URL); place.Repository != id || !place.Former {
		t.Errorf("the old name leads to %+v", place)
	}
	if n := value[int](t, w, "select count(*) from submissions where repository = $1 and state = 'pending' and source = '/leat/catalog'", id); n != 1 {
		t.Errorf("%d submissions ask for the refs", n)
	}
	// Work that had begun on the old row ends, and does not bring it back.
	late := submission(old.Tenant, old.URL, "late")
	if _, err := w.Submissions.Accept(t.Context(), late); err == nil {
		t.Error("the old row was accepted once more")
	}
	w.do(t, func(ctx context.Context) error { _, err := w.ForgetSucceeded(ctx, 10); return err })
	if gone := value[bool](t, w, "select forgotten_at is not null from repositories where id = $1", old.Repository); gone {
		t.Error("the old row went before the new one was indexed")
	}
	heir := catalog.Track{ID: events.TrackID(id, old.Ref), Repository: id, Tenant: old.Tenant, URL: to, Ref: old.Ref}
	w.track = heir
	doc := w.document("a.go", "content")
	s := w.list(t, "a", doc)
	w.exec(t, "update snapshots set state = 'indexed', indexed_at = now() where track = $1 and revision = $2", heir.ID, s.Revision)
	for range 2 {
		w.do(t, func(ctx context.Context) error { _, err := w.ForgetSucceeded(ctx, 10); return err })
	}
	if gone := value[bool](t, w, "select forgotten_at is not null from repositories where id = $1", old.Repository); !gone {
		t.Error("the old row stays")
	}
	if n := value[int](t, w, "select count(*) from tracks where repository = $1 and forgotten_at is null", old.Repository); n != 0 {
		t.Errorf("%d of its tracks stay", n)
	}
}

// Rows from before names existed are named. Where several turn out to be one repository,
// one takes over.
func TestTheMigrationFoldsRows(t *testing.T) {
	w := newWorld(t)
	w.exec(t, "delete from repositories")
	forms := []string{"ssh://git@gitlab.invalid/team/mill.git", "https://gitlab.invalid/team/mill.git", "https://gitlab.invalid/team/mill", "git@gitlab.invalid:team/mill.git", "https://h.example/b.git", "/srv/a.git", "https://github.com/Team/Mill", "https://github.com/team/mill"}
	for { // to before names
		steps, err := w.Schema.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n := len(steps); !steps[n-1].Applied && !appliedAt(steps, 16) {
			break
		}
		w.do(t, w.Schema.Down)
	}
	for _, url := range forms {
		id := events.RepositoryID("acme", url)
		w.exec(t, "insert into repositories (id, tenant, url) values ($1, 'acme', $2)", id, url)
		w.exec(t, "insert into tracks (id, repository, ref, head_at) values ($1, $2, 'refs/heads/main', now())", events.TrackID(id, "refs/heads/main"), id)
		w.exec(t, "insert into submissions (tenant, source, event, repository, ref, state, due_at) values ('acme', 's', $1, $2, '', 'pending', now())", url, id)
	}
	w.do(t, w.Schema.Up)
	if n := value[int](t, w, "select count(*) from repositories where name is not null"); n != 4 {
		t.Errorf("%d rows have a name, want 4", n)
	}
	for _, url := range forms {
		place := w.located(t, "acme", url)
		if place.URL == "" || place.Former {
			t.Errorf("%s leads to %+v", url, place)
		}
	}
	if id := w.located(t, "acme", "https://h.example/b").Repository; id != events.RepositoryID("acme", "https://h.example/b.git") {
		t.Error("a row that is alone got another id: all of it would be indexed anew")
	}
	if id := w.located(t, "acme", forms[0]).Repository; id != events.RepositoryID("acme", "https://gitlab.invalid/team/mill") {
		t.Error("the row whose id derives from the name did not win")
	}
	if n := value[int](t, w, "select count(*) from tracks t join repositories r on r.id = t.repository where r.name is null and t.successor is not null"); n != 4 {
		t.Errorf("%d tracks have an heir, want 4", n)
	}
	if n := value[int](t, w, "select count(*) from submissions s join repositories r on r.id = s.repository where r.name is null"); n != 0 {
		t.Errorf("%d submissions stay with a folded row", n)
	}
	w.do(t, w.Schema.Down)
	w.do(t, w.Schema.Up) // what was folded once is folded again
	if n := value[int](t, w, "select count(*) from repositories where name is not null"); n != 4 {
		t.Errorf("%d rows have a name after down and up", n)
	}
}

func appliedAt(steps []catalog.Migration, version int64) bool {
	for _, s := range steps {
		if s.Version == version {
			return s.Applied
		}
	}
	return false
}
