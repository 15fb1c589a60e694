package events

import (
	"crypto/sha1"

	"github.com/google/uuid"
)

// Ids are UUIDs of version 5 (RFC 9562, section 5.5): a SHA-1 over a namespace
// and a name, so that every process derives the same id by itself.
var (
	namespaceRepository = uuid.MustParse("5a1f0c1e-6d0b-5b7e-9a35-0b9d5a7a1c01")
	namespaceTrack      = uuid.MustParse("5a1f0c1e-6d0b-5b7e-9a35-0b9d5a7a1c02")
	namespaceDocument   = uuid.MustParse("5a1f0c1e-6d0b-5b7e-9a35-0b9d5a7a1c03")
	namespacePoint      = uuid.MustParse("5a1f0c1e-6d0b-5b7e-9a35-0b9d5a7a1c04")
)

// RepositoryID names a tenant's repository by its canonical URL.
func RepositoryID(tenant, url string) uuid.UUID {
	return derive(namespaceRepository, []byte(tenant), []byte(url))
}

// TrackID names a repository at one ref, given by its full name.
func TrackID(repository uuid.UUID, ref string) uuid.UUID {
	return derive(namespaceTrack, repository[:], []byte(ref))
}

// DocumentID names one path of a track. The path is the bytes that git holds.
func DocumentID(track uuid.UUID, path []byte) uuid.UUID {
	return derive(namespaceDocument, track[:], path)
}

// PointID names one chunk of a document's content: the document, the SHA-256
// of the blob, the version of the chunker and the chunk's place in the blob.
// Two contents of one document never share a point, so a late write of an old
// content cannot overwrite a point of the new one.
func PointID(document uuid.UUID, blob [32]byte, chunker, ordinal int) uuid.UUID {
	place := [8]byte{
		byte(chunker >> 24), byte(chunker >> 16), byte(chunker >> 8), byte(chunker),
		byte(ordinal >> 24), byte(ordinal >> 16), byte(ordinal >> 8), byte(ordinal),
	}
	return derive(namespacePoint, document[:], blob[:], place[:])
}

// derive hashes parts joined by NUL. Each part but the last is of fixed length
// or holds no NUL, so no two lists of parts collide.
func derive(namespace uuid.UUID, parts ...[]byte) uuid.UUID {
	name := append(make([]byte, 0, 128), namespace[:]...)
	for i, part := range parts {
		if i > 0 {
			name = append(name, 0)
		}
		name = append(name, part...)
	}
	// This does what uuid.NewSHA1 does without allocating a hash: a comparison of the
	// stores derives an id for each point.
	sum := sha1.Sum(name)
	id := uuid.UUID(sum[:len(uuid.UUID{})])
	id[6] = id[6]&0x0f | 5<<4 // version 5
	id[8] = id[8]&0x3f | 0x80 // the variant of RFC 9562
	return id
}
