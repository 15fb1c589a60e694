package catalog

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// monthsAhead is how many months have a partition before they begin.
const monthsAhead = 2

// Keep makes the partitions of this month and of the next ones, and drops the months that
// ended before a time. It returns how many it made and dropped.
func (a *Audit) Keep(ctx context.Context, since time.Time) (made, dropped int64, err error) {
	err = pgx.BeginFunc(ctx, a.pool, func(tx pgx.Tx) error {
		months, err := auditMonths(ctx, tx)
		if err != nil {
			return err
		}
		var now time.Time
		if err := tx.QueryRow(ctx, "select date_trunc('month', now() at time zone 'UTC') at time zone 'UTC'").Scan(&now); err != nil {
			return err
		}
		for i := range monthsAhead + 1 {
			month := now.UTC().AddDate(0, i, 0)
			if months[partitionOf(month)] {
				continue
			}
			if err := makeMonth(ctx, tx, month); err != nil {
				return fmt.Errorf("make the partition of %s: %w", month.Format("2006-01"), err)
			}
			made++
		}
		for name := range months {
			month, err := time.Parse(partitionLayout, name)
			if err != nil || month.AddDate(0, 1, 0).After(since) {
				continue
			}
			if _, err := tx.Exec(ctx, "drop table "+pgx.Identifier{name}.Sanitize()); err != nil {
				return fmt.Errorf("drop the partition %s: %w", name, err)
			}
			dropped++
		}
		_, err = tx.Exec(ctx, "delete from audit_rest where at < $1", since)
		return err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("keep the audit log: %w", err)
	}
	return made, dropped, nil
}

// partitionLayout is the name of a month's partition, for package time.
const partitionLayout = "audit_2006_01"

func partitionOf(month time.Time) string { return month.Format(partitionLayout) }

// auditMonths lists the partitions of months.
func auditMonths(ctx context.Context, tx pgx.Tx) (map[string]bool, error) {
	rows, err := tx.Query(ctx, `select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
		where i.inhparent = 'audit'::regclass and c.relname <> 'audit_rest'`)
	if err != nil {
		return nil, fmt.Errorf("list partitions: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	months := make(map[string]bool, len(names))
	for _, name := range names {
		months[name] = true
	}
	return months, err
}

// makeMonth makes a month's partition, and moves the rows of the month from audit_rest into
// it: a partition cannot be attached while audit_rest has rows of its month.
func makeMonth(ctx context.Context, tx pgx.Tx, month time.Time) error {
	name := pgx.Identifier{partitionOf(month)}.Sanitize()
	from, to := month.Format(time.RFC3339), month.AddDate(0, 1, 0).Format(time.RFC3339)
	for _, statement := range []string{
		"create table NAME (like audit including defaults including constraints)",
		"with moved as (delete from audit_rest where at >= 'FROM' and at < 'TO' returning *) insert into NAME select * from moved",
		"alter table audit attach partition NAME for values from ('FROM') to ('TO')",
	} {
		statement = strings.NewReplacer("NAME", name, "FROM", from, "TO", to).Replace(statement)
		if _, err := tx.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
