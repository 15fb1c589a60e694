package embedder

import (
	"context"
	"fmt"
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
}

// Purpose says what a text is. Some models embed a question otherwise than
// what answers it.
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
	// one that is not valid UTF-8. What else is in the batch changes nothing
	// but, for a remote model, the last bits.
	//
	// An error is of the whole batch, and no vector comes with it. It is a
	// Reject where no attempt can succeed with these texts (one is too long for
	// the model, the provider refuses it), a RetryAfter where a provider says
	// when to come back, and a Retry, or unmarked, in every other case, which
	// includes a wrong key: that is no fault of the texts. When ctx ends, Embed
	// returns soon after with an error that wraps its cause.
	Embed(ctx context.Context, texts []string, purpose Purpose) ([][]float32, error)
}

// Open returns the embedder of that name.
func Open(name string) (Embedder, error) {
	if name == LocalName {
		return Local{}, nil
	}
	return nil, fmt.Errorf("there is no embedder %q: use %s", name, LocalName)
}
