package catalog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/multitracer"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Config says how to reach Postgres.
type Config struct {
	URL            string        // postgres://user@host:port/database?options, or key=value pairs
	MaxConnections int32         // connections of this process, at least 2; default 10
	Lease          time.Duration // how long work may be under way before it is published again; default 2 min
	ConnectTimeout time.Duration // for one connection; default 5 s
	Deadline       time.Duration // of a statement, migrations excepted; default 5 min

	// Pooled says that a pooler such as PgBouncer stands before Postgres and gives
	// each transaction a connection of its own. Statements are not prepared then,
	// and a lock is held in a transaction that stays open. Default: false.
	Pooled bool
}

const (
	// DefaultMaxConnections leaves room for ten processes on a server's default of 100.
	DefaultMaxConnections = 10
	// DefaultLease is far above what a document takes, and short enough that a
	// lost event is not noticed.
	DefaultLease          = 2 * time.Minute
	defaultConnectTimeout = 5 * time.Second
	// DefaultDeadline is above what any statement takes: lists are paged.
	DefaultDeadline = 5 * time.Minute
)

// Catalog is the core and the rooms beside it. They are fields of their own, so
// that a component can be handed one of them and no more. All use one pool of
// connections.
type Catalog struct {
	*Core

	Submissions *Submissions // requests to index a ref, and what became of them
	Names       *Names       // the addresses of repositories
	Versions    *Versions    // tracks that are kept on purpose, and the commits at which tracks are held
	Tags        *Tags        // rules that keep tags as versions
	Removals    *Removals    // repositories and tracks that are being forgotten
	Approvals   *Approvals   // removals that wait for a person
	Trees       *Trees       // the files of tracks, for readers
	Lineages    *Lineages    // the chain from a document to its vectors
	Facts       *Facts       // the facts that extractors found in blobs
	Flow        *Flow        // work under way, past work, and the files that were left out
	Gauges      *Gauges      // figures of the whole catalog and of its server
	Letters     *Letters     // dead letters
	Tokens      *Tokens      // the secrets of clients, as hashes
	Replies     *Replies     // answers to requests that clients may send again
	Hooks       *Hooks       // webhooks and their deliveries
	Tenants     *Tenants     // limits and git credentials
	Audit       *Audit       // who changed what
	Sessions    *Sessions    // sessions of browsers that have been ended
	Rates       *Rates       // the rates of requests of tokens and tenants
	Generations *Generations // builds of the index, and the embedders they use
	Settings    *Settings    // the settings that change while the workers run
	Keys        *Keys        // the keys that seal packs, wrapped
	Schedule    *Schedule    // the syncer's work and its runs
	Wikis       *Wikis       // what generators made of the pages of wikis
	Graphs      *Graphs      // symbols of tracks, and the edges between them
	Workers     *Workers     // the processes that work, and what each has in hand
	Usage       *Usage       // the account of embedding: claims, budgets, usage
	Vectors     *Vectors     // where the vectors of texts are
	Packs       *Packs       // objects that hold blobs or vectors
	Garbage     *Garbage     // rows that nothing refers to any more
	Locks       *Locks       // advisory locks
	Schema      *Schema      // migrations
	Archive     *Archive     // all tables, copied out and in
	Dormancy    *Dormancy    // tracks without points
}

// Core holds repositories, tracks, snapshots, documents and content. They share
// transactions.
type Core struct{ *store }

// store holds the parts that the catalog's rooms share.
type store struct {
	pool  *pgxpool.Pool
	query *query.Queries
	lease time.Duration

	pooled bool // a pooler stands before Postgres
}

// ErrNotFound says that the catalog has no such row.
var ErrNotFound = errors.New("not in the catalog")

// minConnections is one to hold a lock and one to work with.
const minConnections = 2

// Open connects and checks that the server answers. It does not migrate. The error
// about a server that does not answer may be retried; a malformed URL is rejected.
// No error repeats the URL.
func Open(ctx context.Context, cfg Config) (*Catalog, error) {
	pc, err := pgxpool.ParseConfig(cfg.URL)
	if err != nil {
		return nil, fault.Reject(fmt.Errorf("postgres URL: %w", badURL(err)))
	}
	if misread(&pc.ConnConfig.Config) {
		return nil, fault.Reject(fmt.Errorf("postgres URL: %w", errBadURL))
	}
	pc.MaxConns = max(orDefault(cfg.MaxConnections, DefaultMaxConnections), minConnections)
	pc.ConnConfig.ConnectTimeout = orDefault(cfg.ConnectTimeout, defaultConnectTimeout)
	pc.ConnConfig.Tracer = multitracer.New(newTracer(pc.ConnConfig), deadlines{orDefault(cfg.Deadline, DefaultDeadline)})
	if cfg.Pooled { // the next statement may come to another connection, which knows no prepared one
		pc.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	if _, ok := pc.ConnConfig.RuntimeParams["application_name"]; !ok {
		pc.ConnConfig.RuntimeParams["application_name"] = "leat"
	}
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return nil, fmt.Errorf("connect to postgres: %w", err)
	}
	c := rooms(&store{pool: pool, pooled: cfg.Pooled, query: query.New(pool), lease: orDefault(cfg.Lease, DefaultLease)})
	if err := c.Ready(ctx); err != nil {
		pool.Close()
		return nil, fault.Retry(err)
	}
	return c, nil
}

func rooms(s *store) *Catalog {
	locks := &Locks{pool: s.pool, pooled: s.pooled, held: make(map[int64]chan struct{})}
	schema := &Schema{s.pool, locks}
	return &Catalog{
		Core:        &Core{s},
		Submissions: &Submissions{s},
		Names:       &Names{s},
		Versions:    &Versions{s},
		Tags:        &Tags{s},
		Removals:    &Removals{s},
		Approvals:   &Approvals{s},
		Trees:       &Trees{s},
		Lineages:    &Lineages{s},
		Facts:       &Facts{s},
		Flow:        &Flow{s},
		Gauges:      &Gauges{s},
		Letters:     &Letters{s},
		Tokens:      &Tokens{s},
		Replies:     &Replies{s},
		Hooks:       &Hooks{s},
		Tenants:     &Tenants{s},
		Audit:       &Audit{s},
		Sessions:    &Sessions{s},
		Rates:       &Rates{s},
		Generations: &Generations{s, locks},
		Settings:    &Settings{s},
		Keys:        &Keys{s},
		Schedule:    &Schedule{s},
		Wikis:       &Wikis{s},
		Graphs:      &Graphs{s},
		Workers:     &Workers{s},
		Usage:       &Usage{s},
		Vectors:     &Vectors{s},
		Packs:       &Packs{s},
		Garbage:     &Garbage{s},
		Locks:       locks,
		Schema:      schema,
		Archive:     &Archive{s, schema},
		Dormancy:    &Dormancy{s},
	}
}

// Close waits for the connections in use and closes them all.
func (c *Catalog) Close() { c.pool.Close() }

// Ready says whether the server answers.
func (c *Catalog) Ready(ctx context.Context) error {
	if err := c.pool.Ping(ctx); err != nil {
		return fmt.Errorf("reach postgres: %w", err)
	}
	return nil
}

// inTx runs fn in a transaction.
func (s *store) inTx(ctx context.Context, fn func(*query.Queries) error) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return fn(s.query.WithTx(tx)) })
}

func noRows(err error) bool { return errors.Is(err, pgx.ErrNoRows) }

func orDefault[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}
