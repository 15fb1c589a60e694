// Package pipeline runs a step: it takes messages from the broker, hands each
// to the step's handler, and turns the outcome into an acknowledgement.
//
// The main path is [Run] → outcome.handle. What becomes of an error is decided
// in outcome.go and nowhere else: a passing one is tried again for a few
// seconds here, then recorded in the catalog with a due time; a final one, or
// one tried too often, becomes a dead letter. Either way the message is
// acknowledged, because the catalog now owes the work. Only when the catalog
// itself cannot be reached is the message given back to the broker.
package pipeline
