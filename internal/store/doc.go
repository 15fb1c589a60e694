// Package store opens the four stores: Postgres, NATS, S3 and Qdrant. It is the only place that
// connects to them. Workers, the service, the command line, the trials and the tests all ask it for
// the parts that they need.
//
// It owns the order of opening, the waiting for stores that are not up yet, and
// the closing. It prepares nothing: it creates no table, stream or collection, and it
// does not know which of them should exist.
package store
