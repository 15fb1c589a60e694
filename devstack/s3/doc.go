// Package s3 serves a directory over the S3 protocol, in process: versitygw's
// gateway over its posix backend.
//
// It owns everything below Config.Dir: one directory a bucket, one file an
// object. Keys are paths there, so a key cannot be the directory of another; a
// key that leads out of its bucket is refused. An object is acknowledged when
// it and its name are on disk, and appears whole or not at all.
//
// It serves clients of plain objects (put, get, head, list, delete, multipart
// uploads) and answers NotImplemented to everything else: copies, versions,
// policies, locks, tags, the list of buckets.
//
// The gateway keeps state in package variables, so a process runs one at a
// time.
package s3
