// Package devstack runs the stores that leat needs from one process and in one directory: a NATS server, an S3 server,
// a private Postgres and a server of the Qdrant API. Postgres is a child process, and the others are in the process
// itself. The rest of leat sees no difference: it gets the addresses and speaks to them over the wire, as in
// production.
//
// It owns everything below Config.Dir:
//
//	format.json     which layout this is
//	lock            held by the process that owns the directory
//	secrets.json    the S3 keys, the NATS token and others, made at random once
//	run/endpoints.json   where a running stack listens, for other commands
//	nats postgres s3 qdrant   each part's own
//
// It listens on 127.0.0.1 and on a private socket, and nowhere else. It refuses a directory that another process owns,
// that holds other files, or that a newer leat wrote. It is for development and tests, on one machine and without
// replicas.
package devstack
