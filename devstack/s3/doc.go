// Package s3 serves a directory over the S3 protocol, in this process. It runs versitygw's gateway over its posix
// backend.
//
// It owns everything below Config.Dir. Each bucket is a directory, and each object a file. Keys are paths there, so a
// key cannot be the directory of another. A key that leads out of its bucket is refused. An object is acknowledged when
// it and its name are on disk, and appears whole or not at all.
//
// It serves clients of plain objects (put, get, head, list, delete, multipart uploads), and the copy of an object onto
// itself in another storage class. It answers NotImplemented to everything else: other copies, versions, policies,
// locks, tags, the list of buckets.
//
// The gateway keeps state in package variables, so a process runs one at a time.
package s3
