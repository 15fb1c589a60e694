// Package blob keeps bytes in packs in S3: the texts of documents and the
// records of vectors, many to an object of a few MiB, so that eighty thousand
// files are some hundred PUTs. It is the only importer of minio-go.
//
// A pack is its items' stored bytes, one after the other, and nothing else:
// where each lies ([Span]) is written in the catalog, which is the truth. A
// text is one zstd frame, so that it is read with one range and no neighbour;
// a vector's record is stored as it is, for floats do not compress. A pack's
// key is "<kind>/<SHA-256 of the pack in hex>.pack" below the configured
// prefix. Keys are content hashes, so a Put done twice is one object, a Put
// over a damaged object mends it, and no key is a directory of another.
//
// What is read is proved before it is handed out: each span carries the CRC-32C
// of its stored bytes and the size of its content. A byte that differs is
// [ErrCorrupt], naming object and offset, never wrong bytes. What is sent is
// proved by the server: the request's signature covers the pack's SHA-256,
// which servers compare with the body they received.
//
// The package refuses to hold state of its own, to delete what it did not
// write, and to know what the bytes mean.
package blob
