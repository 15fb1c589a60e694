package catalog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Archive copies the catalog's tables out as they are at one point in time, and into
// an empty catalog. It finds the tables in the schema, so that a new table need not be
// named here.
type Archive struct {
	*store
	schema *Schema
}

// passing lists the tables whose rows mean nothing in another place or at a later time:
// leases, limits of the present minute, and the plan and history of a syncer's work.
// Unlogged tables are passing too.
var passing = []string{"goose_db_version", "backup_leases", "embedder_limits", "sync_work", "sync_runs"}

// Table is a table with its columns, except those that Postgres computes.
type Table struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
}

// Sequence is a generator of ids, and the last id that it gave.
type Sequence struct {
	Name string `json:"name"`
	Last int64  `json:"last"`
}

// Stamp is the state of all documents in a few numbers. Two equal stamps mean that
// nothing has been indexed in between.
type Stamp struct{ Documents, Revisions, Due, Snapshots, Generation int64 }

// Quiet says whether no document and no snapshot was under way.
func (s Stamp) Quiet() bool { return s.Due == 0 && s.Snapshots == 0 }

// Stamp returns the present state.
func (a *Archive) Stamp(ctx context.Context) (Stamp, error) {
	row, err := a.query.Stamp(ctx)
	if err != nil {
		return Stamp{}, fmt.Errorf("count documents: %w", err)
	}
	return Stamp(row), nil
}

// Frozen is the catalog at one point in time.
type Frozen struct {
	At        time.Time
	Schema    int64   // version of the newest migration
	Tables    []Table // each after those that its rows refer to
	Sequences []Sequence
	Stamp     Stamp

	tx    pgx.Tx
	query *query.Queries
}

// portable makes the text form of values independent of the server's settings.
const portable = `set local datestyle = 'ISO, YMD'; set local timezone = 'UTC'; set local intervalstyle = 'postgres';
set local bytea_output = 'hex'; set local extra_float_digits = 1`

// Freeze runs fn over the catalog as it is now, whatever is written meanwhile: a
// transaction that reads one snapshot of Postgres.
func (a *Archive) Freeze(ctx context.Context, fn func(*Frozen) error) error {
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	return pgx.BeginTxFunc(ctx, a.pool, options, func(tx pgx.Tx) error {
		f := &Frozen{tx: tx, query: a.query.WithTx(tx)}
		if err := f.look(ctx); err != nil {
			return fmt.Errorf("freeze the catalog: %w", err)
		}
		return fn(f)
	})
}

func (f *Frozen) look(ctx context.Context) (err error) {
	if _, err = f.tx.Exec(ctx, portable); err != nil {
		return err
	}
	// now() is when the transaction began; its first query takes the snapshot.
	if err = f.tx.QueryRow(ctx, "select now(), (select max(version_id) from goose_db_version)").Scan(&f.At, &f.Schema); err != nil {
		return err
	}
	if f.Tables, err = tables(ctx, f.tx); err != nil {
		return err
	}
	if f.Sequences, err = sequences(ctx, f.tx); err != nil {
		return err
	}
	row, err := f.query.Stamp(ctx)
	f.Stamp = Stamp(row)
	return err
}

// Copy writes the rows of a table, a line each, in the text format of COPY
// (Postgres manual, COPY, "Text Format"). It returns their number.
func (f *Frozen) Copy(ctx context.Context, t Table, w io.Writer) (rows int64, err error) {
	// A partitioned table can be copied by a query alone.
	sql := fmt.Sprintf("copy (select %s from %s) to stdout", identifiers(t.Columns), identifiers([]string{t.Name}))
	tag, err := f.tx.Conn().PgConn().CopyTo(ctx, w, sql)
	if err != nil {
		return 0, fmt.Errorf("copy table %s: %w", t.Name, err)
	}
	return tag.RowsAffected(), nil
}

// Packs pages through the packs by key, in byte order.
func (f *Frozen) Packs(ctx context.Context, after string, most int) ([]Pack, error) {
	return (&Packs{&store{query: f.query}}).List(ctx, after, most)
}

// tables lists the tables to copy, each after those that its rows refer to.
func tables(ctx context.Context, tx pgx.Tx) ([]Table, error) {
	rows, err := tx.Query(ctx, `select c.relname::text, array(select a.attname::text from pg_attribute a
			where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum)
		from pg_class c
		where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and c.relpersistence = 'p'
			and not c.relispartition and c.relname <> all($1) order by c.relname`, passing)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Table])
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	rows, err = tx.Query(ctx, `select distinct k.conrelid::regclass::text, k.confrelid::regclass::text from pg_constraint k
		join pg_class c on c.oid = k.conrelid
		where k.contype = 'f' and k.conrelid <> k.confrelid and c.relnamespace = current_schema()::regnamespace`)
	if err != nil {
		return nil, fmt.Errorf("list references: %w", err)
	}
	refers, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (pair [2]string, err error) {
		return pair, row.Scan(&pair[0], &pair[1])
	})
	if err != nil {
		return nil, fmt.Errorf("list references: %w", err)
	}
	return ordered(all, refers)
}

// ordered puts each table after those that it refers to, and otherwise by name.
func ordered(all []Table, refers [][2]string) ([]Table, error) {
	var done []Table
	placed := make(map[string]bool, len(all))
	waits := func(t Table) bool {
		return slices.ContainsFunc(refers, func(r [2]string) bool {
			return r[0] == t.Name && !placed[r[1]] && slices.ContainsFunc(all, func(t Table) bool { return t.Name == r[1] })
		})
	}
	for len(done) < len(all) {
		next := slices.IndexFunc(all, func(t Table) bool { return !placed[t.Name] && !waits(t) })
		if next < 0 {
			return nil, errors.New("tables refer to each other in a circle")
		}
		placed[all[next].Name] = true
		done = append(done, all[next])
	}
	return done, nil
}

// sequences lists the generators of ids. One that has given none has no last id.
func sequences(ctx context.Context, tx pgx.Tx) ([]Sequence, error) {
	rows, err := tx.Query(ctx, `select sequencename::text, last_value from pg_sequences
		where schemaname = current_schema() and last_value is not null order by sequencename`)
	if err != nil {
		return nil, fmt.Errorf("list sequences: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Sequence])
}

// identifiers quotes names and joins them with commas.
func identifiers(names []string) string {
	var list []byte
	for i, name := range names {
		if i > 0 {
			list = append(list, ", "...)
		}
		list = append(list, pgx.Identifier{name}.Sanitize()...)
	}
	return string(list)
}
