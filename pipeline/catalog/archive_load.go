package catalog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/fault"
)

// ErrNotEmpty says that a catalog holds something already.
var ErrNotEmpty = errors.New("the catalog is not empty")

// prepared lists the tables that migrations and a worker's start fill. A catalog with
// rows in these alone counts as empty.
var prepared = []string{"generations", "embedders", "tenants", "revision_floor"}

// Empty returns ErrNotEmpty, with the table, if something other than the preparations
// of a start is in the catalog.
func (a *Archive) Empty(ctx context.Context) error {
	return pgx.BeginTxFunc(ctx, a.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		all, err := tables(ctx, tx)
		if err != nil {
			return err
		}
		return empty(ctx, tx, all)
	})
}

func empty(ctx context.Context, tx pgx.Tx, all []Table) error {
	for _, t := range all {
		only := "true"
		if t.Name == "tenants" {
			only = "name <> '" + events.DefaultTenant + "'"
		} else if slices.Contains(prepared, t.Name) {
			continue
		}
		var used bool
		if err := tx.QueryRow(ctx, "select exists (select 1 from "+identifiers([]string{t.Name})+" where "+only+")").Scan(&used); err != nil {
			return fmt.Errorf("look into table %s: %w", t.Name, err)
		}
		if used {
			return fmt.Errorf("%w: it has rows in %s", ErrNotEmpty, t.Name)
		}
	}
	return nil
}

// Fill is the content with which Load fills a catalog.
type Fill struct {
	Schema    int64 // version of the schema that it was copied from
	Tables    []Table
	Sequences []Sequence
	// Rows opens the rows of a table, as Frozen.Copy has written them.
	Rows func(ctx context.Context, t Table) (io.ReadCloser, error)
}

// Load fills an empty catalog in one transaction, and brings its schema up to date.
// Either everything is there afterwards or nothing. A schema that is newer
// than this program's is rejected.
//
// Generations that were retired are left out: their collections are not there.
func (a *Archive) Load(ctx context.Context, c Fill) error {
	if err := a.Empty(ctx); err != nil {
		return err
	}
	if err := a.schema.to(ctx, c.Schema); err != nil {
		return err
	}
	err := pgx.BeginFunc(ctx, a.pool, func(tx pgx.Tx) error {
		if err := clear(ctx, tx); err != nil {
			return err
		}
		for _, t := range c.Tables {
			if err := c.load(ctx, tx, t); err != nil {
				return fmt.Errorf("load table %s: %w", t.Name, err)
			}
		}
		for _, s := range c.Sequences {
			if _, err := tx.Exec(ctx, "select setval($1::text::regclass, $2)", pgx.Identifier{s.Name}.Sanitize(), s.Last); err != nil {
				return fmt.Errorf("set sequence %s: %w", s.Name, err)
			}
		}
		_, err := tx.Exec(ctx, "delete from generations where state in ('retired', 'dropping')")
		return err
	})
	if err != nil {
		return err
	}
	if err := a.schema.Up(ctx); err != nil {
		return err
	}
	// Restored objects are written into the bucket's default class of storage.
	if err := a.query.ForgetPackClasses(ctx); err != nil {
		return fmt.Errorf("forget the classes of packs: %w", err)
	}
	return nil
}

// clear locks all tables, looks again, and deletes what a start has prepared.
func clear(ctx context.Context, tx pgx.Tx) error {
	all, err := tables(ctx, tx)
	if err != nil {
		return err
	}
	var names []string
	for _, t := range all {
		names = append(names, t.Name)
	}
	if _, err := tx.Exec(ctx, "lock table "+identifiers(names)+" in exclusive mode"); err != nil {
		return fmt.Errorf("lock the catalog: %w", err)
	}
	if err := empty(ctx, tx, all); err != nil {
		return err
	}
	for _, t := range slices.Concat([]string{"claims"}, prepared) {
		var there bool // the schema may be older than the table
		if err := tx.QueryRow(ctx, "select to_regclass($1) is not null", t).Scan(&there); err != nil {
			return fmt.Errorf("look for table %s: %w", t, err)
		}
		if !there {
			continue
		}
		if _, err := tx.Exec(ctx, "delete from "+t); err != nil {
			return fmt.Errorf("clear table %s: %w", t, err)
		}
	}
	return nil
}

func (c Fill) load(ctx context.Context, tx pgx.Tx, t Table) error {
	rows, err := c.Rows(ctx, t)
	if err != nil {
		return err
	}
	defer rows.Close()
	sql := fmt.Sprintf("copy %s (%s) from stdin", identifiers([]string{t.Name}), identifiers(t.Columns))
	_, err = tx.Conn().PgConn().CopyFrom(ctx, rows, sql)
	return err
}

// ErrNewerSchema says that something was written by a newer program than this one.
var ErrNewerSchema = errors.New("its schema is newer than this program's")

// to brings the schema to a version, up or down.
func (s *Schema) to(ctx context.Context, version int64) error {
	steps, err := s.Status(ctx)
	if err != nil {
		return err
	}
	newest, now := int64(0), int64(0)
	for _, step := range steps {
		newest = max(newest, step.Version)
		if step.Applied {
			now = max(now, step.Version)
		}
	}
	if version > newest {
		return fault.Reject(fmt.Errorf("migrate the catalog to version %d: %w, which knows %d", version, ErrNewerSchema, newest))
	}
	return s.migrate(ctx, func(p provider) error {
		if version < now {
			_, err := p.DownTo(ctx, version)
			return err
		}
		_, err := p.UpTo(ctx, version)
		return err
	})
}
