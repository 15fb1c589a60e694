package testpipe

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Rows runs a statement and returns each row's columns, joined by a space.
func (p *Pipe) Rows(t testing.TB, statement string, args ...any) []string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), p.Addresses.Postgres)
	must(t, err)
	defer conn.Close(t.Context())
	rows, err := conn.Query(t.Context(), statement, args...)
	must(t, err)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		values, err := row.Values()
		if err != nil {
			return "", err
		}
		columns := make([]string, len(values))
		for i, v := range values {
			if b, is := v.([]byte); is {
				v = string(b)
			}
			columns[i] = fmt.Sprint(v)
		}
		return strings.Join(columns, " "), nil
	})
	must(t, err)
	return list
}

// One runs a statement that must return one row.
func (p *Pipe) One(t testing.TB, statement string, args ...any) string {
	t.Helper()
	rows := p.Rows(t, statement, args...)
	if len(rows) != 1 {
		t.Fatalf("testpipe: %s: %d rows", statement, len(rows))
	}
	return rows[0]
}

// Dump returns the rows of every table, as text.
func (p *Pipe) Dump(t testing.TB) string {
	t.Helper()
	var b strings.Builder
	for _, table := range p.Rows(t, "select tablename from pg_tables where schemaname = 'public' order by 1") {
		name := pgx.Identifier{table}.Sanitize()
		// All columns as text; for bytea, the text in its bytes.
		for _, row := range p.Rows(t, "select * from "+name) {
			fmt.Fprintf(&b, "%s %s\n", table, row)
		}
	}
	return b.String()
}

// AwaitRows waits until a statement returns a row.
func (p *Pipe) AwaitRows(t testing.TB, statement string) {
	t.Helper()
	for deadline := time.Now().Add(Patience); len(p.Rows(t, statement)) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("testpipe: still no row: %s", statement)
		}
	}
}
