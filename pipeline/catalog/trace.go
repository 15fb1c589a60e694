package catalog

import (
	"context"
	"slices"
	"strings"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.opentelemetry.io/otel/attribute"
)

// newTracer returns what makes a span of each statement within a span. The attributes are
// made once. The span has the statement's name and not its text, which the name leads to:
// to copy the text, and to ask the connection for its address, costs more than all else.
func newTracer(cfg *pgx.ConnConfig) *otelpgx.Tracer {
	where := []attribute.KeyValue{attribute.String("db.namespace", cfg.Database)}
	if !slices.ContainsFunc(cfg.Fallbacks, func(f *pgconn.FallbackConfig) bool { return f.Host != cfg.Host || f.Port != cfg.Port }) {
		where = append(where, attribute.String("server.address", cfg.Host), attribute.Int("server.port", int(cfg.Port)))
	}
	return otelpgx.NewTracer(
		otelpgx.WithTracerAttributes(where...),
		otelpgx.WithDisableConnectionDetailsInAttributes(),
		otelpgx.WithDisableSQLStatementInAttributes(),
		otelpgx.WithSpanNameCtxFunc(func(_ context.Context, sql string) string { return nameOf(sql) }),
	)
}

// nameOf names a statement: by the name in its first line, as sqlc writes it
// ("-- name: Approve :execrows"), else by its first word.
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
