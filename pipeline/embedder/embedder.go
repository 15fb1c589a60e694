package embedder

import (
	"context"
	"errors"
	"time"
)

// Distance says how two vectors of a model are compared.
type Distance string

// The distances.
const (
	Dot    Distance = "dot"    // vectors have unit length: the dot product is the cosine
	Cosine Distance = "cosine" // vectors have any length but zero
)

// Model describes an embedder.
type Model struct {
	Name       string // unique and permanent, for example local-384
	Dimensions int    // of every dense vector
	Distance   Distance

	// Recipe is what else makes the vectors of documents, as text that shows
	// what differs; "" if the name says all. Vectors of one name and two recipes
	// are never compared.
	Recipe string
}

// Purpose says whether a text is a document or a query. Some models embed a
// question in another way than its answer.
type Purpose int

// The purposes.
const (
	Document Purpose = iota // what is searched
	Query                   // what is searched for
)

// Embedder computes dense vectors. Package embeddertest holds the tests that
// every implementation passes.
type Embedder interface {
	// Model never changes and never blocks.
	Model() Model

	// Embed returns one vector a text, in the order of texts, each of
	// Model().Dimensions finite numbers. It is safe for concurrent use, and
	// keeps neither texts nor vectors. Any string is a text: an empty one, and
	// one that is not valid UTF-8. The other texts of the batch change nothing
	// but the last bits, and those for a remote model only.
	//
	// Vectors that come with an error are right, and those that are nil are
	// missing: they are what the error is of. With no vectors at all, it is of
	// the whole batch. It is a
	// Reject where no attempt can succeed with these texts (one is too long for
	// the model, the provider refuses it), a RetryAfter where a provider says
	// when to come back, and a Retry, or unmarked, in every other case, which
	// includes a wrong key: that is no fault of the texts. Where the provider
	// answers other texts and fails with these again and again, the error is
	// ErrTexts, too. When ctx ends, Embed
	// returns soon after with an error that wraps its cause.
	Embed(ctx context.Context, texts []string, purpose Purpose) ([][]float32, error)
}

// ErrTexts is what an error is, in the sense of errors.Is, that single texts
// caused while the model embeds others. It says nothing about whether another
// attempt may succeed.
var ErrTexts = errors.New("single texts fail")

// OfTexts marks an error as one of single texts. Its message stays.
func OfTexts(err error) error { return textsError{err} }

type textsError struct{ error }

func (e textsError) Unwrap() error        { return e.error }
func (e textsError) Is(target error) bool { return target == ErrTexts }

// Cost is the cost of a text. Each text of a request has its share.
type Cost struct {
	Tokens   int           // as the provider counts them, else estimated
	Requests float64       // that were sent, those that failed too
	Retries  int           // requests that failed
	Waited   time.Duration // until the request was sent that brought the vector
}

// Add adds the cost of a part.
func (c *Cost) Add(part Cost) {
	c.Tokens += part.Tokens
	c.Requests += part.Requests
	c.Retries += part.Retries
	c.Waited += part.Waited
}

// Metered is an embedder that knows what it costs.
type Metered interface {
	Embedder

	// EmbedMetered is Embed, with the cost of each text, also of one that
	// failed. If it returns no vectors, it returns no costs.
	EmbedMetered(ctx context.Context, texts []string, purpose Purpose) ([][]float32, []Cost, error)
	// Price is of a million tokens, in the currency of the configuration.
	Price() float64
}
