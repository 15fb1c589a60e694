// Package embedder turns texts into vectors. It holds the interface of all models, the default model local-384, the
// sparse vector of BM25 term weights that accompanies every dense vector, and the record in which both are stored.
//
// A vector is a pure function of the model's name and the text. A model whose output would change gets a new name,
// because stored vectors are not embedded again.
//
// The package does not batch, cache or store. The step does.
package embedder
