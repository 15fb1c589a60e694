package catalog_test

import (
	"context"
	"testing"

	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/pipeline/catalog"
)

// A deployment starts all workers at once, and each migrates.
func TestMigrateTogether(t *testing.T) {
	url := testenv.Postgres(t)
	open := func(ctx context.Context, most int32) (*catalog.Catalog, error) {
		return catalog.Open(ctx, catalog.Config{URL: url, MaxConnections: most})
	}
	first, err := open(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(first.Close)
	for range 2 {
		together(t, 8, func(ctx context.Context, i int) error {
			if i%2 == 0 {
				return first.Schema.Up(ctx) // in one process
			}
			other, err := open(ctx, 2)
			if err != nil {
				return err
			}
			defer other.Close()
			return other.Schema.Up(ctx)
		})
		if applied(t, first) == 0 {
			t.Fatal("no migration is applied")
		}
		downAll(t, first)
	}
}

// applied counts the steps that are applied, and checks that none is missing
// below one that is.
func applied(t *testing.T, c *catalog.Catalog) int {
	t.Helper()
	steps, err := c.Schema.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for i, s := range steps {
		if i > 0 && s.Version <= steps[i-1].Version || s.Name == "" {
			t.Errorf("migration %d is version %d, named %q", i+1, s.Version, s.Name)
		}
		if !s.Applied {
			continue
		}
		if n++; n != i+1 {
			t.Errorf("%s is applied, and one before it is not", s.Name)
		}
	}
	return n
}

// downAll takes every step back, each by itself.
func downAll(t *testing.T, c *catalog.Catalog) {
	t.Helper()
	for n := applied(t, c); n > 0; n-- {
		if err := c.Schema.Down(t.Context()); err != nil {
			t.Fatal(err)
		}
		if left := applied(t, c); left != n-1 {
			t.Fatalf("%d migrations are applied, want %d", left, n-1)
		}
	}
}

// A step that was taken back leaves nothing behind that keeps it from being applied again.
func TestDownLeavesNothing(t *testing.T) {
	w := newWorld(t)
	w.list(t, "a", w.document("a.go", "content"))
	downAll(t, w.Catalog)
	if left := value[int](t, w, `select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where n.nspname = 'public' and c.relname not like 'goose%'`); left != 0 {
		t.Errorf("%d tables, indexes or sequences are left", left)
	}
	if left := value[int](t, w, "select count(*) from information_schema.domains where domain_schema = 'public'"); left != 0 {
		t.Errorf("%d domains are left", left)
	}
}

// The deletion of a repository deletes everything that belongs to it. Contents stay,
// because others may share them.
func TestDeletingARepository(t *testing.T) {
	w := newWorld(t)
	a := w.document("a.go", "content")
	s := w.list(t, "a", a, w.skipped("b", "x", "binary"))
	sub := submission(w.track.Tenant, w.track.URL, "1")
	w.do(t, func(ctx context.Context) error { _, err := w.Submissions.Accept(ctx, sub); return err })
	w.do(t, func(ctx context.Context) error { return w.Submissions.Finish(ctx, sub, w.track.ID, s.Revision) })
	w.do(t, func(ctx context.Context) error {
		return w.Letters.Bury(ctx, catalog.DeadLetter{Worker: "w", Document: &a.ID, Reason: "r"})
	})
	w.exec(t, "delete from repositories")
	for _, table := range []string{"tracks", "snapshots", "submissions", "documents", "dead_letters"} {
		if n := value[int](t, w, "select count(*) from "+table); n != 0 {
			t.Errorf("%s: %d rows are left", table, n)
		}
	}
	if n := value[int](t, w, "select count(*) from chunks"); n != 2 {
		t.Errorf("%d chunks, want the 2 of the content", n)
	}
}
