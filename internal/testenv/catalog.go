package testenv

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/leatworks/leat/devstack/postgres"
	"github.com/leatworks/leat/pipeline/catalog"
)

// catalogs are the databases of this process with the catalog's schema. A test gets an emptied
// database that an earlier test has left, or else a copy of a template that was migrated once.
// Making and dropping a database of 1,500 files takes longer than most tests.
type catalogs struct {
	template string   // default: none is made yet
	print    string   // of the template's schema
	seeds    []seed   // rows that migrations have written
	counters []string // statements that set the sequences that migrations have used
	free     []string // emptied databases
}

// seed is one table's rows as the template has them, as JSON.
type seed struct{ table, rows string }

// Catalog returns the URL of a database that holds the catalog's schema and the rows of the
// migrations only. It is the test's until the test ends.
func Catalog(t testing.TB) string {
	t.Helper()
	admin, err := shared.postgresURL()
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	name, err := shared.takeCatalog(admin)
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	t.Cleanup(func() {
		if err := shared.returnCatalog(admin, name); err != nil {
			t.Errorf("testenv: %v", err)
		}
	})
	made, err := locate(admin, name)
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	return made
}

func (s *state) takeCatalog(admin string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if last := len(s.catalogs.free) - 1; last >= 0 {
		name := s.catalogs.free[last]
		s.catalogs.free = s.catalogs.free[:last]
		return name, nil
	}
	if err := s.catalogs.migrate(admin); err != nil {
		return "", err
	}
	name := databaseName("test")
	// A copy as files is half the work of a copy through the log.
	return name, execute(admin, "create database "+name+" template "+s.catalogs.template+" strategy file_copy")
}

// returnCatalog empties a database for the next test, or drops one that cannot be emptied,
// for example because the test has changed its schema.
func (s *state) returnCatalog(admin, name string) error {
	s.mu.Lock()
	known := s.catalogs
	s.mu.Unlock()
	if err := known.empty(admin, name); err != nil {
		return drop(admin, name)
	}
	// Under a new name, no process that outlives the test finds the database.
	fresh := databaseName("test")
	if err := execute(admin, "alter database "+name+" rename to "+fresh); err != nil {
		return drop(admin, name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catalogs.free = append(s.catalogs.free, fresh)
	return nil
}

// migrate makes the template, once. Nothing else connects to it, because Postgres copies no
// database that is in use. The server of this process has postgres.Database for it.
func (c *catalogs) migrate(admin string) error {
	if c.template != "" {
		return nil
	}
	name := postgres.Database
	if postgresGiven() != "" {
		name = databaseName("template")
		if err := execute(admin, "create database "+name); err != nil {
			return err
		}
	}
	made, err := locate(admin, name)
	if err == nil {
		err = migrate(made)
	}
	if err == nil {
		err = c.learn(made)
	}
	if err != nil {
		if name != postgres.Database {
			err = errors.Join(err, drop(admin, name))
		}
		return err
	}
	c.template = name
	return nil
}

func migrate(dsn string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	c, err := catalog.Open(ctx, catalog.Config{URL: dsn})
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Schema.Up(ctx)
}

// schemaPrint returns a text that changes with each object that is made, dropped or altered. A copy
// of a database has the object ids of its template.
const schemaPrint = `select md5(string_agg(object, ',' order by object)) from (
	select 'class ' || oid || relname || relkind::text || relchecks from pg_class where relnamespace = 'public'::regnamespace
	union all select 'column ' || attrelid || attname || atttypid || attnotnull || atthasdef from pg_attribute
		where attrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)
	union all select 'default ' || oid || pg_get_expr(adbin, adrelid) from pg_attrdef
	union all select 'constraint ' || oid || conname || convalidated from pg_constraint
	union all select 'trigger ' || oid || tgname || tgenabled::text from pg_trigger
	union all select 'function ' || oid || md5(prosrc) from pg_proc where pronamespace = 'public'::regnamespace
	union all select 'schema ' || oid || nspname from pg_namespace where nspname !~ '^pg_'
	union all select 'extension ' || oid || extname from pg_extension
) as objects (object)`

// learn reads the state of the template, to which later databases are compared and emptied.
func (c *catalogs) learn(dsn string) error {
	return connected(dsn, func(ctx context.Context, conn *pgx.Conn) error {
		if err := conn.QueryRow(ctx, schemaPrint).Scan(&c.print); err != nil {
			return fmt.Errorf("read the schema: %w", err)
		}
		rows, err := conn.Query(ctx, `select oid::regclass::text from pg_class
			where relnamespace = 'public'::regnamespace and relkind = 'r' and pg_relation_size(oid) > 0`)
		if err != nil {
			return fmt.Errorf("list tables: %w", err)
		}
		tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return fmt.Errorf("list tables: %w", err)
		}
		for _, table := range tables {
			held := seed{table: table}
			err := conn.QueryRow(ctx, "select coalesce(json_agg(t), '[]')::text from "+table+" as t").Scan(&held.rows)
			if err != nil {
				return fmt.Errorf("read %s: %w", table, err)
			}
			c.seeds = append(c.seeds, held)
		}
		rows, err = conn.Query(ctx, `select format('select setval(%L, %s)', format('%I.%I', schemaname, sequencename), last_value)
			from pg_sequences where last_value is not null`)
		if err != nil {
			return fmt.Errorf("list sequences: %w", err)
		}
		if c.counters, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			return fmt.Errorf("list sequences: %w", err)
		}
		return nil
	})
}

// emptyTables removes all rows, and lets sequences start again. A large table is truncated,
// which costs new files, and a small one's rows are deleted. No trigger runs, so the order
// of the tables does not matter.
const emptyTables = `do $$ declare r record; begin
	set local session_replication_role = replica;
	for r in select oid::regclass as name, pg_relation_size(oid) as size from pg_class
		where relnamespace = 'public'::regnamespace and relkind = 'r' and pg_relation_size(oid) > 0
	loop
		if r.size > 65536 then
			execute format('truncate %s cascade', r.name);
		else
			execute format('delete from %s', r.name);
		end if;
	end loop;
	perform setval(seqrelid::regclass, seqstart, false) from pg_sequence;
end $$`

var errChanged = errors.New("the schema is not the template's")

// empty brings a database back to the template's state.
func (c *catalogs) empty(admin, name string) error {
	dsn, err := locate(admin, name)
	if err != nil {
		return err
	}
	return connected(dsn, func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()")
		if err != nil {
			return err
		}
		var print string
		if err := conn.QueryRow(ctx, schemaPrint).Scan(&print); err != nil {
			return err
		}
		if print != c.print {
			return errChanged
		}
		if _, err := conn.Exec(ctx, emptyTables); err != nil {
			return err
		}
		for _, held := range c.seeds {
			_, err := conn.Exec(ctx, fmt.Sprintf("insert into %s overriding system value select * from json_populate_recordset(null::%[1]s, $1::json)", held.table), held.rows)
			if err != nil {
				return err
			}
		}
		for _, set := range c.counters {
			if _, err := conn.Exec(ctx, set); err != nil {
				return err
			}
		}
		return nil
	})
}

// connected runs do on a connection and with a deadline of its own.
func connected(dsn string, do func(context.Context, *pgx.Conn) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), statementLimit)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return fmt.Errorf("connect to postgres: %w", err)
	}
	defer conn.Close(ctx)
	return do(ctx, conn)
}

// close drops the databases of a server that goes on without this process.
func (c *catalogs) close(admin string) error {
	var errs []error
	for _, name := range append(c.free, c.template) {
		if name != "" {
			errs = append(errs, drop(admin, name))
		}
	}
	return errors.Join(errs...)
}
