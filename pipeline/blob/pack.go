package blob

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/minio/minio-go/v7"

	"github.com/leatworks/leat/internal/fault"
)

// Kind says what a pack holds, and so how its items are stored.
type Kind string

// The kinds. Each is the first part of its packs' keys.
const (
	Text   Kind = "text"   // one zstd frame an item
	Vector Kind = "vector" // the item's bytes
)

// Span is where an item lies, and what proves it.
type Span struct {
	Object string // the pack's key, below the prefix
	Offset int64  // of the stored bytes in the pack
	Length int32  // of the stored bytes
	Size   int32  // of the content
	CRC    uint32 // CRC-32C (Castagnoli, RFC 3720) of the stored bytes
}

// Object is a pack as the catalog knows it.
type Object struct {
	Key    string // below the prefix
	Size   int64  // in bytes
	SHA256 [32]byte
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Pack gathers items in memory until Put. It is not safe for concurrent use.
type Pack struct {
	store *Store
	kind  Kind
	bytes []byte
	spans []Span
}

// NewPack returns an empty pack.
func (s *Store) NewPack(kind Kind) *Pack {
	return &Pack{store: s, kind: kind}
}

// Add appends an item, whose number is the count of those before it. It keeps
// no reference to data, and refuses more than [MaxSize].
func (p *Pack) Add(data []byte) error {
	if len(data) > MaxSize {
		return fault.Reject(fmt.Errorf("pack an item of %d bytes; at most %d are accepted", len(data), MaxSize))
	}
	start := len(p.bytes)
	if p.kind == Text {
		p.bytes = p.store.zip.EncodeAll(data, p.bytes)
	} else {
		p.bytes = append(p.bytes, data...)
	}
	stored := p.bytes[start:]
	p.spans = append(p.spans, Span{
		Offset: int64(start),
		Length: int32(len(stored)),
		Size:   int32(len(data)),
		CRC:    crc32.Checksum(stored, castagnoli),
	})
	return nil
}

// Salt appends bytes that belong to no item, so that Put uses a key that was
// never used before. The items keep their places.
func (p *Pack) Salt() { p.bytes = append(p.bytes, rand.Text()...) }

// Len is the pack's size so far, in stored bytes.
func (p *Pack) Len() int { return len(p.bytes) }

// Count is the number of items so far.
func (p *Pack) Count() int { return len(p.spans) }

// Full says whether the pack has reached [Config.PackBytes]: time for Put.
func (p *Pack) Full() bool { return len(p.bytes) >= p.store.packBytes }

// Put writes the pack and returns it with the span of each item, in the order
// of Add. It can be called again after an error, by anyone holding the same
// items at the same time, and when the object is there already: the object is
// the same. A pack of no items is refused.
func (p *Pack) Put(ctx context.Context) (Object, []Span, error) {
	if len(p.spans) == 0 {
		return Object{}, nil, errors.New("put a pack of no items")
	}
	sum := sha256.Sum256(p.bytes)
	object := Object{
		Key:    packKey(p.kind, sum),
		Size:   int64(len(p.bytes)),
		SHA256: sum,
	}
	if err := p.store.put(ctx, object, p.bytes); err != nil {
		return Object{}, nil, err
	}
	spans := make([]Span, len(p.spans))
	for i, span := range p.spans {
		span.Object = object.Key
		spans[i] = span
	}
	return object, spans, nil
}

func packKey(kind Kind, sum [32]byte) string {
	return string(kind) + "/" + hex.EncodeToString(sum[:]) + ".pack"
}

// put sends the pack as one signed body. Its SHA-256 goes into the signature,
// and a server of signature version 4 refuses a body that does not have it; a
// trailing checksum would cost aws-chunked encoding, which not every server
// decodes alike.
func (s *Store) put(ctx context.Context, object Object, body []byte) error {
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	_, err := s.core.PutObject(bounded, s.bucket, s.prefix+object.Key, bytes.NewReader(body), object.Size,
		"", hex.EncodeToString(object.SHA256[:]), minio.PutObjectOptions{DisableContentSha256: true})
	if err != nil {
		return s.explain(ctx, "put "+object.Key, err)
	}
	return nil
}
