// Package bench measures a whole leat, and beside it the bare parts that it is
// made of.
//
// It runs one of each of the four workers as processes of their own, on the
// embedded stores as processes of their own, and goes through a list of phases:
// a first ingest, the same commit again, small changes, searches. After each it
// puts the same bytes through git, zstd, minio-go, pgx, the embedder, nats.go
// and the Qdrant client with nothing of leat around them. That is the floor,
// and what leat adds stands as a ratio of two times of one run.
//
// How things are counted:
//
//   - S3 requests, Postgres statements and the bytes of all stores by relays
//     between the workers and the stores, which read the requests that pass
//     (a method line; a Query, Execute or CopyData message).
//   - Messages by the sequence numbers that the streams have handed out.
//   - Embedding calls and texts by the embedder's /metrics.
//   - Memory by the kernel's high-water mark of each process, set back before
//     each phase; that of its children (git, Postgres' backends) by looking
//     five times a second and sharing out what they share.
//   - CPU time by /proc, children included, in hundredths of a second. Unlike
//     seconds it means something on a machine that does other things too.
//
// Floors go straight to the stores, past the relays. The package owns the
// processes it starts and their directory; it changes no repository but its own
// copy.
package bench
