// Package bench compares a whole leat with its bare parts.
//
// It runs one of each of the four workers and of the embedded stores, each as a
// process of its own, and goes through a list of phases: a first ingest, the
// same commit again, small changes, searches. After each it puts the same bytes
// through git, zstd, minio-go, pgx, the embedder, nats.go and the Qdrant
// client, without leat around them. That is the floor. The result is the ratio
// of the two times within one run.
//
// How things are counted:
//
//   - S3 requests, Postgres statements and the bytes of all stores: by relays
//     between the workers and the stores, which read the passing requests (a
//     method line; a Query, Execute or CopyData message).
//   - Messages: by the sequence numbers of the streams.
//   - Embedding calls and texts: by the embedder's /metrics.
//   - Memory: by the kernel's high-water mark of each process, reset before each
//     phase. The memory of its children (git, Postgres' backends) is sampled five
//     times a second, with shared pages divided among them.
//   - CPU time: by /proc, children included, in hundredths of a second. Unlike
//     seconds it means something on a busy machine too.
//
// On a repository so large that its floors take minutes, a run may do without them: it
// measures the first ingest, the symbol graph and the small changes alone (Config.Changes).
//
// Floors go straight to the stores, past the relays. The package owns the
// processes it starts and their directory; it changes no repository but its own
// copy.
package bench
