//go:build linux

package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/stack"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/internal/wait"
	"github.com/leatworks/leat/pipeline/announce"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
)

// source names the harness as the publisher of its submissions.
const source = "/bench"

// leat holds the stores of the harness, which reaches them past the relays.
type leat struct {
	*store.Stores
	service    *service.Service
	publisher  *announce.Publisher
	generation catalog.Generation

	sql  *pgx.Conn
	conn *nats.Conn
	js   jetstream.JetStream
}

func open(ctx context.Context, e devstack.Endpoints) (l *leat, err error) {
	l = &leat{}
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	for _, step := range []func() error{
		func() (err error) {
			l.Stores, err = store.Open(ctx, store.Config{Stores: stack.Addresses(e), Name: "bench"}, slog.New(slog.DiscardHandler))
			return err
		},
		func() (err error) { l.sql, err = pgx.Connect(ctx, e.Postgres); return err },
		func() (err error) { l.conn, err = nats.Connect(e.NATS, nats.Name("bench")); return err },
		func() (err error) { l.js, err = jetstream.New(l.conn); return err },
		func() (err error) { l.generation, err = l.Catalog.Generations.Active(ctx); return err },
	} {
		if err := step(); err != nil {
			return l, err
		}
	}
	l.publisher = announce.New(l.Broker, source)
	l.service = service.New(service.Config{TextCache: blob.DefaultCacheBytes, OpenEmbedder: func(name string) (embedder.Embedder, error) {
		return config.Embedders{}.OpenEmbedder(name, l.Catalog.Usage, slog.New(slog.DiscardHandler))
	}}, l.Stores)
	return l, nil
}

func (l *leat) close() {
	if l.conn != nil {
		l.conn.Close()
	}
	if l.sql != nil {
		_ = l.sql.Close(context.Background())
	}
	if l.Stores != nil {
		l.Close()
	}
}

// The harness asks the catalog whether a submission is done each time that another hundredth of its
// time so far has passed. So the questions cost and blur little.
const (
	leastWait = 2 * time.Millisecond
	mostWait  = 50 * time.Millisecond
)

// submit submits a repository and returns when all of it is indexed, with the revision and the
// duration.
func (l *leat) submit(ctx context.Context, url string) (catalog.SubmissionStatus, time.Duration, error) {
	key := catalog.SubmissionKey{Tenant: events.DefaultTenant, Source: source, Event: uuid.NewString()}
	began := time.Now()
	err := l.publisher.Publish(ctx, announce.Event{
		ID: key.Event, On: events.SubmittedSubject(key.Tenant), Data: events.RepoSubmitted{Tenant: key.Tenant, URL: url, Ref: branch},
	})
	if err != nil {
		return catalog.SubmissionStatus{}, 0, err
	}
	for {
		status, err := l.Catalog.Submissions.Status(ctx, key)
		took := time.Since(began)
		switch {
		case err != nil && !errors.Is(err, catalog.ErrNotFound):
			return status, took, err
		case status.State == catalog.SubmissionFailed, status.Attempts > 0:
			return status, took, fmt.Errorf("the submission failed: %s", status.Error)
		case status.Indexed:
			return status, took, nil
		}
		if err := wait.For(ctx, min(max(took/100, leastWait), mostWait)); err != nil {
			return status, took, err
		}
	}
}

// content is the part of the index that a revision of a track added, or the
// whole index.
type content struct{ documents, chunks, bytes int64 }

func (l *leat) content(ctx context.Context, track uuid.UUID, revision int64, whole bool) (c content, err error) {
	err = l.sql.QueryRow(ctx, `select count(*), coalesce(sum(k.chunks), 0), coalesce(sum(b.size), 0)
		from documents d join chunkings k on k.id = d.chunking join blobs b on b.sha256 = k.blob
		where ($3 or d.track = $1 and d.revision = $2) and d.state = 'indexed'`, track, revision, whole).Scan(&c.documents, &c.chunks, &c.bytes)
	return c, err
}

// failed returns the error of a document that is not indexed, or "".
func (l *leat) failed(ctx context.Context) (reason string, err error) {
	err = l.sql.QueryRow(ctx, "select coalesce(min(error), '') from documents where state = 'failed'").Scan(&reason)
	return reason, err
}

// messages counts all messages ever published into leat's streams, and returns
// their mean size.
func (l *leat) messages(ctx context.Context) (published int64, size int64, err error) {
	var bytes, kept uint64
	for _, name := range []string{broker.StreamIntake, broker.StreamChunked, broker.StreamEmbedded, broker.StreamIndexed} {
		stream, err := l.js.Stream(ctx, name)
		if err != nil {
			return 0, 0, fmt.Errorf("look at stream %s: %w", name, err)
		}
		state := stream.CachedInfo().State
		published += int64(state.LastSeq)
		bytes, kept = bytes+state.Bytes, kept+state.Msgs
	}
	return published, int64(bytes / max(kept, 1)), nil
}

func writeJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

// awaitGraphs returns when no symbol graph is owed. It ignores the version of the code, because
// workers built without cgo have another version.
func (l *leat) awaitGraphs(ctx context.Context) error {
	for {
		owed, err := l.Catalog.Graphs.Owed(ctx, 0, 1)
		if err != nil || len(owed) == 0 {
			return err
		}
		if err := wait.For(ctx, mostWait); err != nil {
			return err
		}
	}
}
