// Package pipeline runs a step: it takes messages from the broker, hands each
// to the step's handler, and turns the outcome into an acknowledgement.
//
// The main path is [Run], which makes the router and lists its middlewares. Only
// settle, in outcome.go, decides the outcome of an error. A message whose error
// may pass is tried again for a few seconds; then the catalog records the failure
// with a due time. A message whose error is final, or has come too often, becomes
// a dead letter. Either way the message is acknowledged, because the catalog now
// owes the work. A message goes back to the broker only if the catalog cannot be
// reached or the worker stops.
package pipeline
