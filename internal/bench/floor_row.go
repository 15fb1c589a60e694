//go:build linux

package bench

import (
	"context"
	"fmt"
	"io"
)

// table is one table's rows of a round, as the end of a select.
type table struct{ name, rows string }

// tables lists the tables in an order that the foreign keys allow.
func tables(w wrote) []table {
	revision := fmt.Sprintf("where track = '%s' and revision = %d", w.track, w.revision)
	if w.all {
		revision = ""
	}
	packs := fmt.Sprintf("> %d", w.from.pack)
	chunkings := fmt.Sprintf("> %d", w.from.chunking)
	list := []table{
		{"snapshots", revision},
		{"packs", "where id " + packs},
		{"blobs", "where pack " + packs},
		{"chunkings", "where id " + chunkings},
		{"chunks", "where chunking " + chunkings},
		{"vectors", "where pack " + packs},
		{"documents", revision},
	}
	if w.first {
		list[2].rows += " or pack is null"
		list = append([]table{{"repositories", ""}, {"tracks", ""}, {"embedders", ""}}, list...)
	}
	return list
}

// copyRows copies the rows that a round wrote into tables with the same indexes
// and constraints.
func (f *floor) copyRows(ctx context.Context, w wrote) error {
	// A changed document's old row is in the way of the new one, and so is the previous snapshot.
	var ids []string
	if err := f.leat.sql.QueryRow(ctx, "select coalesce(array_agg(id::text), '{}') from documents where track = $1 and revision = $2", w.track, w.revision).Scan(&ids); err != nil {
		return err
	}
	if _, err := f.rows.Exec(ctx, "delete from documents where id = any($1::uuid[])", ids); err != nil {
		return err
	}
	if _, err := f.rows.Exec(ctx, "update snapshots set state = 'superseded' where track = $1", w.track); err != nil {
		return err
	}
	for _, t := range tables(w) {
		if err := f.copyTable(ctx, t); err != nil {
			return fmt.Errorf("copy %s: %w", t.name, err)
		}
	}
	if len(w.removed) == 0 {
		return nil
	}
	return f.time("SQL rows", int64(len(w.removed)), 0, func() error {
		_, err := f.rows.Exec(ctx, "delete from documents where id = any($1)", w.removed)
		return err
	})
}

func (f *floor) copyTable(ctx context.Context, t table) error {
	file, err := f.tempFile()
	if err != nil {
		return err
	}
	defer file.Close()
	tag, err := f.leat.sql.PgConn().CopyTo(ctx, file, fmt.Sprintf("copy (select * from %s %s) to stdout (format binary)", t.name, t.rows))
	if err != nil || tag.RowsAffected() == 0 {
		return err
	}
	size, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return f.time("SQL rows", tag.RowsAffected(), size, func() error {
		_, err := f.rows.PgConn().CopyFrom(ctx, file, fmt.Sprintf("copy %s from stdin (format binary)", t.name))
		return err
	})
}
