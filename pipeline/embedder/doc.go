// Package embedder turns texts into vectors. It holds the interface that every
// model meets, the default model local-384, the sparse vector of BM25 term
// weights that goes beside every dense one, and the record in which both are
// stored.
//
// A vector is a pure function of the model's name and the text. A model whose
// output would change gets a new name, never a new meaning for an old one:
// stored vectors are not embedded again.
//
// The package refuses to batch, to cache and to store: that is the step's.
package embedder
