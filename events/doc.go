// Package events is leat's public contract: the events that cross a process
// boundary, the NATS subjects that carry them, and their encoding.
//
// Every event is a CloudEvent 1.0. On NATS it travels in binary mode: each
// CloudEvents attribute is a message header with the prefix "ce-", and the
// message's payload is the data as JSON. The intake ([TypeRepoSubmitted]) also
// accepts structured mode, where the payload is the whole event
// (Content-Type: application/cloudevents+json).
//
// An event names work; it never holds text or vectors, and it is never the
// truth: the catalog is. Events are a few hundred bytes, at most [MaxBytes].
//
// The package imports nothing of leat's, so that another Go program can use it
// alone. A program in another language needs only docs/events.md and the JSON
// Schemas in events/schema.
package events

//go:generate go run ./internal/schemagen
