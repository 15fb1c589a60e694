package embedder

import (
	"context"
	"errors"
	"time"
)

// Distance is the measure by which two vectors of a model are compared.
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

	// Recipe names the other settings that determine the vectors of documents, in words that show a difference. It is
	// "" if the name alone determines them. Vectors of one name and two recipes are never compared.
	Recipe string
}

// Purpose tells whether a text is a document or a query. Some models embed a question differently from its answer.
type Purpose int

// The purposes.
const (
	Document Purpose = iota // a text to be found
	Query                   // a text to search with
)

// Embedder computes dense vectors. Package embeddertest holds the tests that every implementation must pass.
type Embedder interface {
	// Model never changes and never blocks.
	Model() Model

	// Embed returns one vector for each text, in the order of texts. Each has Model().Dimensions finite numbers. Embed
	// is safe for concurrent use, and keeps neither texts nor vectors. A text may be any string, also an empty one or
	// one that is not valid UTF-8. The vector of a text does not depend on the other texts of the batch, except in its
	// last bits if the model is remote.
	//
	// If Embed returns vectors and an error, the vectors are good, and the error concerns the texts whose vectors are
	// nil. If it returns no vectors, the error concerns the whole batch. The error is
	//   - a Reject if no attempt can succeed with these texts, for example because one is too long or the provider
	//     refuses it;
	//   - a RetryAfter if the provider tells when to come back;
	//   - a Retry or unmarked in all other cases. A wrong key is one of them, because it is no fault of the texts.
	//
	// The error is also ErrTexts if the provider fails with these texts again and again but embeds others. When ctx
	// ends, Embed returns soon after, with an error that wraps the cause.
	Embed(ctx context.Context, texts []string, purpose Purpose) ([][]float32, error)
}

// ErrTexts matches, by errors.Is, errors that single texts cause while the model embeds others. It does not say whether
// another attempt may succeed.
var ErrTexts = errors.New("single texts fail")

// OfTexts makes an error match [ErrTexts]. Its message stays the same.
func OfTexts(err error) error { return textsError{err} }

type textsError struct{ error }

func (e textsError) Unwrap() error        { return e.error }
func (e textsError) Is(target error) bool { return target == ErrTexts }

// Cost is the cost of a text. Each text of a request has its share.
type Cost struct {
	Tokens   int           // as counted by the provider, else estimated
	Requests float64       // requests sent, including failed ones
	Retries  int           // requests that failed
	Waited   time.Duration // time until the successful request was sent
}

// Add adds the cost of a part.
func (c *Cost) Add(part Cost) {
	c.Tokens += part.Tokens
	c.Requests += part.Requests
	c.Retries += part.Retries
	c.Waited += part.Waited
}

// Metered is an embedder that knows its costs.
type Metered interface {
	Embedder

	// EmbedMetered does what Embed does. It also returns the cost of each text, including texts that failed. If it
	// returns no vectors, it returns no costs.
	EmbedMetered(ctx context.Context, texts []string, purpose Purpose) ([][]float32, []Cost, error)
	// Price returns the price of a million tokens, in the currency of the configuration.
	Price() float64
}
