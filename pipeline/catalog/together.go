package catalog

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// together runs the statements of fn in a transaction and sends all of them at once. This
// takes one way to the server and back; a transaction of inTx takes two more than it has
// statements. None of the statements may return rows.
func (s *store) together(ctx context.Context, fn func(*query.Queries) error) error {
	var q queue
	if err := fn(query.New(&q)); err != nil {
		return err
	}
	return s.pool.SendBatch(ctx, &q.batch).Close()
}

// queue keeps statements. They are sent as one batch, which Postgres runs in a
// transaction of its own.
type queue struct{ batch pgx.Batch }

var errRows = errors.New("a statement that returns rows cannot be sent together with others")

func (q *queue) Exec(_ context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	q.batch.Queue(sql, args...)
	return pgconn.CommandTag{}, nil
}

func (q *queue) Query(context.Context, string, ...any) (pgx.Rows, error) { return nil, errRows }

func (q *queue) QueryRow(context.Context, string, ...any) pgx.Row { return noRow{} }

func (q *queue) CopyFrom(context.Context, pgx.Identifier, []string, pgx.CopyFromSource) (int64, error) {
	return 0, errRows
}

// noRow is the row of a statement that has not been sent.
type noRow struct{}

func (noRow) Scan(...any) error { return errRows }
