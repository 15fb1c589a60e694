package vector

import (
	"context"
	"errors"
	"iter"

	"github.com/google/uuid"
)

// ErrNoCollection marks an operation on a collection or alias that does not exist. Such an operation is to be retried,
// because the syncer restores what somebody has dropped.
var ErrNoCollection = errors.New("no such collection")

// Limits of a store.
const (
	MaxDimensions = 65536    // the dimensions of a dense vector
	MaxPointBytes = 16 << 20 // the size of one point as the driver encodes it
	MaxCandidates = 10_000   // the hits of one ranking that a search looks at
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
//     [Filter.Plan], a vector does not have the collection's dimensions, or the
//     collection exists in another shape. Arguments are checked before the
//     collection is looked up.
//   - Retried, with [ErrNoCollection]: the collection does not exist.
//   - Retried: everything else, such as a store that is down, slow or full.
//   - A call whose context was cancelled returns an error that wraps
//     [context.Canceled].
//
// # Durability and order
//
// A write returns when it is durable and every later read sees it. Writes are idempotent: a repetition changes nothing.
// A write that is split and fails may be done in part, and repeating all of it completes it. Writes of several callers
// to one point take effect in some order, each as a whole.
//
// Points are ordered by their ids, compared as 16 bytes. Except where Search says otherwise, the same calls on the same
// points have the same answers, whatever the order in which the points were written.
//
// # Sizes
//
// A caller may pass slices of any length. A driver splits them into calls that its server accepts, and holds no more
// than one such call in memory. It reads long answers in pages.
//
// # Tenants
//
// A [Filter] must name a tenant, and its reader sees only that tenant's points. ScrollAll, CountAll, CountOf, Missing,
// Held and Marks serve to compare a collection with the catalog, and see all tenants.
type Store interface {
	// Ready returns nil if the server answers. Otherwise the error says why it does not.
	Ready(ctx context.Context) error
	// Close ends the connection. Calls in flight fail.
	Close() error

	// CreateCollection makes a collection, or adds its missing parts. A collection that exists in the same shape keeps
	// its points. The call is rejected if the collection exists with other dimensions or another distance. distance is
	// [Dot] or [Cosine], and dimensions are from 1 to [MaxDimensions]. Several callers may create the same collection
	// at once. A new collection gets the [Layout] with which the store was opened. An existing one keeps its own
	// layout, which is not an error.
	CreateCollection(ctx context.Context, name string, dimensions int, distance string) error
	// Layout describes how the server keeps a collection, in every field.
	Layout(ctx context.Context, collection string) (Layout, error)
	// DropCollection removes a collection, its points, and the aliases that name it. It is not an error if the
	// collection does not exist.
	DropCollection(ctx context.Context, name string) error
	// Collections lists the names of all collections in ascending order, without
	// aliases.
	Collections(ctx context.Context) ([]string, error)
	// SetAlias makes alias name collection, which must exist. It does so in one step, so a concurrent reader finds the
	// old collection or the new one.
	SetAlias(ctx context.Context, alias, collection string) error
	// Alias returns the collection that alias names.
	Alias(ctx context.Context, alias string) (collection string, found bool, err error)

	// Upsert writes points. A point replaces the whole point with its id. Without points, Upsert does nothing, whether
	// or not the collection exists. It neither changes points nor keeps their slices.
	Upsert(ctx context.Context, collection string, points []Point) error
	// DeleteOlder deletes the stale points of documents. Without documents, it does nothing.
	DeleteOlder(ctx context.Context, collection string, documents []Stale) error
	// DeleteMarked deletes points that are still in the marked state. A point that has a later revision by now stays.
	DeleteMarked(ctx context.Context, collection string, marks []Mark) error

	// Search returns up to q.Limit hits, the best first. [Rank] makes them from the store's rankings.
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

	// Scroll yields the points that filter sees, by ascending id. It leaves out their vectors unless withVectors is
	// set. It ends with the first error. A caller may range over it again, each time from the beginning. Scroll may
	// miss points that are written while it runs.
	Scroll(ctx context.Context, collection string, filter Filter, withVectors bool) iter.Seq2[Point, error]
	// ScrollAll does what Scroll does, for the points of every tenant.
	ScrollAll(ctx context.Context, collection string, withVectors bool) iter.Seq2[Point, error]
	// Count returns exactly how many points filter sees.
	Count(ctx context.Context, collection string, filter Filter) (uint64, error)
	// CountAll returns how many points the collection holds.
	CountAll(ctx context.Context, collection string) (uint64, error)
	// CountOf returns how many points of a repository the collection holds, whichever tenant they name.
	CountOf(ctx context.Context, collection string, repository uuid.UUID) (uint64, error)

	// Missing returns the ids that the collection does not hold, in the order of ids.
	Missing(ctx context.Context, collection string, ids []uuid.UUID) ([]uuid.UUID, error)
	// Held returns the marks of the points among ids that the collection holds, in no particular order.
	Held(ctx context.Context, collection string, ids []uuid.UUID) ([]Mark, error)
	// Marks yields the marks of the points of some repositories, or of all if none is given, whatever their tenant. It
	// goes by ascending id, and begins with from or the next id after it. It reads no vectors. It ends with the first
	// error. It may miss points that are written while it runs.
	Marks(ctx context.Context, collection string, repositories []uuid.UUID, from uuid.UUID) iter.Seq2[Mark, error]
}
