// Package catalog is leat's truth: the Postgres schema that says which
// repositories, snapshots, documents, chunks and vectors should exist, and
// every statement that reads or changes it. It is the only importer of pgx.
//
// A document that is not finished carries a due time; the syncer publishes its
// work again when that time has passed, so no event is ever the only record of
// work. Every write about a document names a revision, and a write of an older
// revision changes nothing.
//
// The package holds no text, no vectors, and no credentials in the clear. Texts and
// vectors are in packs, and the key that seals credentials is elsewhere. Statements
// live in query/ and the schema in migration/; sqlc generates internal/query from both
// (make generate).
package catalog
