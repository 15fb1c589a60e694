package vector

import (
	"context"
	"errors"
	"iter"

	"github.com/google/uuid"
)

// ErrNoCollection marks an operation on a collection or alias that does not
// exist. Such an error is to be retried: the syncer makes again what somebody has
// dropped.
var ErrNoCollection = errors.New("no such collection")

// Limits of a store.
const (
	MaxDimensions = 65536    // of a dense vector
	MaxPointBytes = 16 << 20 // of one point, as the driver encodes it
	MaxCandidates = 10_000   // hits of one ranking that a search looks at
)

// The distances of a collection.
const (
	Dot    = "dot"    // a score is the dot product
	Cosine = "cosine" // a score is the dot product of the vectors scaled to length 1
)

// Store is a connection to a vector store. It is safe for concurrent use.
//
// # Names
//
// Every method that reads or writes points takes the name of a collection or of
// an alias. Both consist of letters, digits, - and _, and share one name space.
//
// # Errors
//
// Errors say what was attempted and name the collection. They never hold an API
// key or another credential. Each carries the mark of package fault:
//
//   - Rejected: the call can never work. An argument is outside the limits given
//     here, a point fails [Point.Check], a query [Query.Check] or a filter
//     [Filter.Plan], a vector has not the collection's dimensions, or the
//     collection exists in another shape. Arguments are checked before the
//     collection is looked up.
//   - Retried, with [ErrNoCollection]: the collection does not exist.
//   - Retried: everything else, such as a store that is down, slow or full.
//   - A call whose context was cancelled returns an error that wraps
//     [context.Canceled].
//
// # Durability and order
//
// A write returns when it is durable and every later read sees it. Writes are
// idempotent: repeated, they change nothing. A write that is split and fails may
// be done in part; repeating all of it completes it. Writes of several callers to
// one point take effect in some order, each whole.
//
// Points are ordered by their ids, compared as 16 bytes. The answers to the same
// calls on the same points are the same, whatever order the points were written
// in, except where Search says otherwise.
//
// # Sizes
//
// A caller passes slices of any length. A driver splits them into calls that its
// server accepts, and holds no more than one such call in memory. It pages through
// long answers.
//
// # Tenants
//
// A [Filter] must name a tenant, and its reader sees that tenant's points alone.
// ScrollAll, CountAll, CountOf, Missing, Held and Marks exist to compare a
// collection with the catalog, and see all tenants.
type Store interface {
	// Ready returns nil when the server answers, and says why it does not.
	Ready(ctx context.Context) error
	// Close ends the connection; calls in flight fail.
	Close() error

	// CreateCollection makes a collection, or adds the missing parts of one.
	// One that exists in the same shape keeps its points. One that exists with
	// other dimensions or another distance is rejected. distance is [Dot] or
	// [Cosine], and dimensions are from 1 to [MaxDimensions]. Several callers may
	// create the same collection at once. A new one gets the [Layout] that the store
	// was opened with; one that exists keeps its own, which is no error.
	CreateCollection(ctx context.Context, name string, dimensions int, distance string) error
	// Layout describes how the server keeps a collection, in every field.
	Layout(ctx context.Context, collection string) (Layout, error)
	// DropCollection removes a collection, its points, and the aliases that name
	// it. One that does not exist is no error.
	DropCollection(ctx context.Context, name string) error
	// Collections lists the names of all collections in ascending order, without
	// aliases.
	Collections(ctx context.Context) ([]string, error)
	// SetAlias makes alias name collection, which must exist. It does so in one
	// step: a concurrent reader finds the old collection or the new one.
	SetAlias(ctx context.Context, alias, collection string) error
	// Alias returns the collection that alias names.
	Alias(ctx context.Context, alias string) (collection string, found bool, err error)

	// Upsert writes points. A point replaces the one with its id, whole.
	// Without points it does nothing, whether or not the collection exists. It
	// neither changes points nor keeps their slices.
	Upsert(ctx context.Context, collection string, points []Point) error
	// DeleteOlder deletes the stale points of documents. Without documents it
	// does nothing.
	DeleteOlder(ctx context.Context, collection string, documents []Stale) error
	// DeleteMarked deletes points in the state that was marked: a point that
	// has a later revision by now stays.
	DeleteMarked(ctx context.Context, collection string, marks []Mark) error

	// Search returns up to q.Limit hits, the best first, as [Rank] makes them of
	// the store's rankings.
	//
	// The dense ranking orders points by the collection's distance, the larger
	// score first. The sparse ranking holds the points that share a term with the
	// query. A score is the sum, over the shared terms, of the query's weight times
	// the point's weight times the term's inverse document frequency,
	// ln((N - n + 0.5) / (n + 0.5) + 1), for a term that n of the collection's N
	// points have, of whatever tenant.
	//
	// A store may rank approximately: of the 20 nearest of some thousand points,
	// a ranking finds at least 18. The order of points with equal scores in one
	// ranking is the store's own.
	Search(ctx context.Context, collection string, q Query) ([]Hit, error)

	// Scroll yields the points that filter sees, by id ascending, without their
	// vectors unless withVectors is set. It ends with the first error. It may be
	// ranged over again, each time from the beginning. Points written while it
	// runs may be missed.
	Scroll(ctx context.Context, collection string, filter Filter, withVectors bool) iter.Seq2[Point, error]
	// ScrollAll is Scroll over the points of every tenant.
	ScrollAll(ctx context.Context, collection string, withVectors bool) iter.Seq2[Point, error]
	// Count returns how many points filter sees, exactly.
	Count(ctx context.Context, collection string, filter Filter) (uint64, error)
	// CountAll returns how many points the collection holds.
	CountAll(ctx context.Context, collection string) (uint64, error)
	// CountOf returns how many points the collection holds of a repository,
	// whichever tenant they name.
	CountOf(ctx context.Context, collection string, repository uuid.UUID) (uint64, error)

	// Missing returns those of ids that the collection does not hold, in the order
	// of ids.
	Missing(ctx context.Context, collection string, ids []uuid.UUID) ([]uuid.UUID, error)
	// Held returns the marks of those of ids that the collection holds, in no order.
	Held(ctx context.Context, collection string, ids []uuid.UUID) ([]Mark, error)
	// Marks yields the marks of every tenant's points in some repositories, or in
	// all if none is given, by id ascending, beginning with from or the next id
	// after it. It reads no vectors. It ends with the first error. Points written
	// while it runs may be missed.
	Marks(ctx context.Context, collection string, repositories []uuid.UUID, from uuid.UUID) iter.Seq2[Mark, error]
}
