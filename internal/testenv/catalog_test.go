package testenv_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/leatworks/leat/internal/testenv"
)

// held describes a catalog: its database, the rows of migrations and of tests, and the id
// of the next embedder.
type held struct {
	database                   uint32
	tenants, settings, floors  int
	embedders, buried, nextKey int64
}

func look(t *testing.T, conn *pgx.Conn) (h held) {
	t.Helper()
	err := conn.QueryRow(context.Background(), `select (select oid from pg_database where datname = current_database()),
		(select count(*) from tenants), (select count(*) from settings), (select count(*) from revision_floor),
		(select count(*) from embedders), (select count(*) from dead_letters), nextval('dead_letters_id_seq')`).
		Scan(&h.database, &h.tenants, &h.settings, &h.floors, &h.embedders, &h.buried, &h.nextKey)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestACatalogIsLeftEmpty(t *testing.T) {
	use := func(t *testing.T, statements ...string) (before held) {
		conn, err := pgx.Connect(t.Context(), testenv.Catalog(t))
		if err != nil {
			t.Fatal(err)
		}
		// The connection is left open, as by a test that fails.
		before = look(t, conn)
		for _, statement := range statements {
			if _, err := conn.Exec(context.Background(), statement); err != nil {
				t.Errorf("%s: %v", statement, err)
			}
		}
		return before
	}
	const large = `insert into dead_letters (worker, tenant, subject, headers, payload, reason, attempts)
		select 'w', 't', 's', '{}', convert_to(repeat(md5(n::text), 30), 'UTF8'), 'r', 1 from generate_series(1, 2000) as n`
	var first, second, third, fourth held
	t.Run("first", func(t *testing.T) {
		first = use(t, "insert into settings values ('a', '1', now(), 'me')", "delete from tenants", "delete from revision_floor", large)
	})
	t.Run("second", func(t *testing.T) {
		second = use(t, "insert into settings values ('a', '1', now(), 'me')", "begin", "delete from settings")
	})
	if first.nextKey != 1 || first.tenants == 0 || first.floors == 0 {
		t.Errorf("a new catalog: %+v", first)
	}
	if second != first {
		t.Errorf("the second test finds %+v; the first found %+v", second, first)
	}
	t.Run("third", func(t *testing.T) {
		third = use(t, `create function no() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$`,
			"create trigger no before insert on settings for each row execute function no()")
	})
	if third != first {
		t.Errorf("the third test finds %+v; the first found %+v", third, first)
	}
	t.Run("fourth", func(t *testing.T) { fourth = use(t) })
	if fourth.database == first.database {
		t.Error("a database whose schema was changed is used again")
	}
	fourth.database = first.database
	if fourth != first {
		t.Errorf("the fourth test finds %+v; the first found %+v", fourth, first)
	}
}
