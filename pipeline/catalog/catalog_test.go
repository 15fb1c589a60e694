package catalog_test

import (
	"testing"

	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/pipeline/catalog"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// open returns a migrated catalog in a database of its own.
func open(t *testing.T) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Open(t.Context(), catalog.Config{URL: testenv.Postgres(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if err := c.MigrateUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMigrationsGoUpAndDown(t *testing.T) {
	c := open(t)
	for range 2 {
		if err := c.MigrateDown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := c.MigrateUp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	steps, err := c.Migrations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range steps {
		if !s.Applied {
			t.Errorf("migration %s is not applied", s.Name)
		}
	}
	if len(steps) == 0 {
		t.Error("no migrations")
	}
}
