// Package blob keeps the texts of documents and the records of vectors in S3. It gathers them in packs, objects of a
// few MiB each, so that eighty thousand files are some hundred PUTs. It is the only importer of minio-go.
//
// A pack consists of the stored bytes of its items, one after the other, and nothing else. The place of each item
// ([Span]) is in the catalog, which is the truth. A text is one zstd frame, so that one range reads it without its
// neighbours. The record of a vector is stored as it is, because floats do not compress. The key of a pack is
// "<kind>/<SHA-256 of the pack in hex>.pack", below the configured prefix. Keys are content hashes: two Puts of one
// pack make one object, a Put over a damaged object mends it, and no key is a directory of another.
//
// A store with a [Sealer] encrypts each item, bound to its place. The key of such a pack also names the encryption key
// and a random id of the pack: "<kind>/<SHA-256>.<key>.<id>.pack".
//
// Read checks all bytes before it hands them out: each span carries the CRC-32C of its stored bytes and the size of its
// content. A sealed item has an authentication tag instead, which covers the bytes and their place. Read returns
// [ErrCorrupt] with object and offset, and never wrong bytes. The server checks the bytes that it receives: the
// signature of the request covers the SHA-256 of the pack, and servers compare that with the body.
//
// The package holds no state of its own, deletes only objects that it has written, and does not know what the bytes
// mean.
package blob
