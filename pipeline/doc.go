// Package pipeline runs a step: it takes messages from the broker, hands each
// to the step's handler, and turns the outcome into an acknowledgement.
//
// The main path is [Run], which makes the router and lists its middlewares. What
// becomes of an error is decided by settle, in outcome.go, and nowhere else. An
// error that may pass is tried again for a few seconds here; then the catalog
// records it with a due time. An error that is final, or came too often, becomes
// a dead letter. Either way the message is acknowledged, because the catalog now
// owes the work. Only when the catalog cannot be reached, or the worker stops,
// is the message given back to the broker.
package pipeline
