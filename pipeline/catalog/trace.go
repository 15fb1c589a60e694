package catalog

import (
	"context"
	"slices"
	"strings"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// newTracer returns a tracer that makes a span of each statement within a span. It makes the
// attributes once. A span has the statement's name, which leads to its text. To copy the text,
// and to ask the connection for its address, would cost more than all the rest.
func newTracer(cfg *pgx.ConnConfig) spans {
	where := []attribute.KeyValue{attribute.String("db.namespace", cfg.Database)}
	if !slices.ContainsFunc(cfg.Fallbacks, func(f *pgconn.FallbackConfig) bool { return f.Host != cfg.Host || f.Port != cfg.Port }) {
		where = append(where, attribute.String("server.address", cfg.Host), attribute.Int("server.port", int(cfg.Port)))
	}
	return spans{otelpgx.NewTracer(
		otelpgx.WithTracerAttributes(where...),
		otelpgx.WithDisableConnectionDetailsInAttributes(),
		otelpgx.WithDisableSQLStatementInAttributes(),
		otelpgx.WithSpanNameCtxFunc(func(_ context.Context, sql string) string { return nameOf(sql) }),
	)}
}

// spans makes spans within a recorded span only. Otherwise the library would time every
// statement and make attributes for a figure of its own, which nobody reads.
//
// Connecting and preparing have no spans of their own: the statements that wait for them
// include them.
type spans struct{ tracer *otelpgx.Tracer }

func recorded(ctx context.Context) bool { return trace.SpanFromContext(ctx).IsRecording() }

// TraceQueryStart implements [pgx.QueryTracer].
func (s spans) TraceQueryStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	if !recorded(ctx) {
		return ctx
	}
	return s.tracer.TraceQueryStart(ctx, conn, data)
}

// TraceQueryEnd implements [pgx.QueryTracer].
func (s spans) TraceQueryEnd(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryEndData) {
	if recorded(ctx) {
		s.tracer.TraceQueryEnd(ctx, conn, data)
	}
}

// TraceBatchStart implements [pgx.BatchTracer].
func (s spans) TraceBatchStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	if !recorded(ctx) {
		return ctx
	}
	return s.tracer.TraceBatchStart(ctx, conn, data)
}

// TraceBatchQuery implements [pgx.BatchTracer].
func (s spans) TraceBatchQuery(ctx context.Context, conn *pgx.Conn, data pgx.TraceBatchQueryData) {
	if recorded(ctx) {
		s.tracer.TraceBatchQuery(ctx, conn, data)
	}
}

// TraceBatchEnd implements [pgx.BatchTracer].
func (s spans) TraceBatchEnd(ctx context.Context, conn *pgx.Conn, data pgx.TraceBatchEndData) {
	if recorded(ctx) {
		s.tracer.TraceBatchEnd(ctx, conn, data)
	}
}

// TraceCopyFromStart implements [pgx.CopyFromTracer].
func (s spans) TraceCopyFromStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceCopyFromStartData) context.Context {
	if !recorded(ctx) {
		return ctx
	}
	return s.tracer.TraceCopyFromStart(ctx, conn, data)
}

// TraceCopyFromEnd implements [pgx.CopyFromTracer].
func (s spans) TraceCopyFromEnd(ctx context.Context, conn *pgx.Conn, data pgx.TraceCopyFromEndData) {
	if recorded(ctx) {
		s.tracer.TraceCopyFromEnd(ctx, conn, data)
	}
}

// TraceAcquireStart implements [pgxpool.AcquireTracer].
func (s spans) TraceAcquireStart(ctx context.Context, pool *pgxpool.Pool, data pgxpool.TraceAcquireStartData) context.Context {
	if !recorded(ctx) {
		return ctx
	}
	return s.tracer.TraceAcquireStart(ctx, pool, data)
}

// TraceAcquireEnd implements [pgxpool.AcquireTracer].
func (s spans) TraceAcquireEnd(ctx context.Context, pool *pgxpool.Pool, data pgxpool.TraceAcquireEndData) {
	if recorded(ctx) {
		s.tracer.TraceAcquireEnd(ctx, pool, data)
	}
}

// nameOf returns the name of a statement. It is in the first line, where sqlc writes it
// ("-- name: Approve :execrows"); otherwise the first word is the name.
func nameOf(sql string) string {
	if named, is := strings.CutPrefix(sql, "-- name: "); is {
		name, _, _ := strings.Cut(named, " ")
		return name
	}
	sql = strings.TrimSpace(sql)
	if end := strings.IndexAny(sql, " \t\n("); end > 0 {
		sql = sql[:end]
	}
	return strings.ToUpper(sql[:min(len(sql), 16)])
}
