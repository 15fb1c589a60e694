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
	"slices"

	"github.com/minio/minio-go/v7"

	"github.com/leatworks/leat/internal/fault"
)

// Kind is the kind of a pack's items. It decides how they are stored.
type Kind string

// The kinds. The name of a kind is the first part of the keys of its packs.
const (
	Text   Kind = "text"   // one zstd frame per item
	Fact   Kind = "fact"   // one zstd frame per item
	Vector Kind = "vector" // the bytes of each item as they are
)

// Span is the place of an item, and the checksum of its stored bytes.
type Span struct {
	Object string // key of the pack, below the prefix
	Offset int64  // of the stored bytes in the pack
	Length int32  // of the stored bytes
	Size   int32  // of the content
	CRC    uint32 // CRC-32C (Castagnoli, RFC 3720) of the stored bytes; unused for a sealed item, whose tag says more
}

// Object is the record of a pack in the catalog.
type Object struct {
	Key    string // below the prefix
	Size   int64  // in bytes
	SHA256 [32]byte
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Pack gathers items in memory until they are written. It is not safe for concurrent use.
type Pack struct {
	store *Store
	kind  Kind
	codec Codec
	bytes []byte
	spans []Span
	frame []byte // encoded bytes of an item before it is sealed
	place []byte // for which it is sealed
	salt  string // bytes after the last item, which belong to no item

	domain string  // key domain of the items
	chosen bool    // whether key and seal have been chosen for the items
	key    Key     // nil: they are not sealed
	seal   sealing // of all items
}

// NewPack returns an empty pack of the installation's key domain.
func (s *Store) NewPack(kind Kind) *Pack { return s.NewPackIn("", kind) }

// NewPackIn returns an empty pack of a key domain.
func (s *Store) NewPackIn(domain string, kind Kind) *Pack {
	return &Pack{store: s, kind: kind, codec: s.codec(kind), domain: domain}
}

// Add appends an item. The item's number is the count of the items before it. Add keeps no reference to data, and
// rejects items of more than [MaxSize] bytes.
func (p *Pack) Add(data []byte) error {
	if len(data) > MaxSize {
		return fault.Reject(fmt.Errorf("pack an item of %d bytes; at most %d are accepted", len(data), MaxSize))
	}
	start := len(p.bytes)
	all, err := p.append(data)
	if err != nil {
		return fmt.Errorf("encode item %d of a pack: %w", len(p.spans), err)
	}
	p.bytes = all
	stored := p.bytes[start:]
	span := Span{Offset: int64(start), Length: int32(len(stored)), Size: int32(len(data))}
	if p.key == nil {
		span.CRC = crc32.Checksum(stored, castagnoli)
	}
	p.spans = append(p.spans, span)
	return nil
}

// append returns the pack's bytes with the stored bytes of an item after them.
func (p *Pack) append(data []byte) ([]byte, error) {
	var err error
	if !p.chosen { // Add has no context: it asks somebody only for the key of the first item
		if p.key, p.seal, err = p.store.choose(context.Background(), p.domain); err != nil {
			return nil, err
		}
		p.chosen = true
	}
	if p.key == nil {
		p.grow(len(data))
		return p.codec.Append(p.bytes, data)
	}
	frame := data
	if p.codec != (plain{}) {
		if p.frame, err = p.codec.Append(p.frame[:0], data); err != nil {
			return nil, err
		}
		frame = p.frame
	}
	p.grow(len(frame) + maxSealed)
	p.place = p.seal.place(p.place[:0], p.kind, int64(len(p.bytes)))
	return p.key.Seal(p.bytes, frame, p.place)
}

// grow makes room for an item. It doubles the room up to the size of a full pack, because
// append adds a quarter at a time and copies each byte some five times.
func (p *Pack) grow(item int) {
	if have := len(p.bytes); cap(p.bytes)-have < item {
		p.bytes = slices.Grow(p.bytes, max(item, min(max(have, firstRoom), p.store.packBytes-have+item)))
	}
}

// firstRoom is the room of a small pack, in bytes.
const firstRoom = 16 << 10

// Reset removes all items, so that the pack can be filled anew. It keeps the salt. A sealed pack gets a new id and the
// newest key.
func (p *Pack) Reset() { p.bytes, p.spans, p.chosen = p.bytes[:0], p.spans[:0], false }

// writeAttempts bounds the attempts of Write. One attempt fails only if the collector deletes a pack within the few
// milliseconds between Put and the registration.
const writeAttempts = 5

// Write calls attempt, which puts the pack and registers it in the catalog. If attempt returns gone, the collector has
// deleted a pack that the registration needs: this one, which had been stored before, or another. The key of a deleted
// pack must not be used again. Write therefore salts the pack, which gives it a key that nobody has used, and calls
// attempt again, up to five times in all. It returns any other error at once.
func (p *Pack) Write(ctx context.Context, gone error, attempt func(context.Context) error) error {
	for n := 1; ; n++ {
		err := attempt(ctx)
		if !errors.Is(err, gone) || n == writeAttempts || ctx.Err() != nil {
			return err
		}
		p.salt = rand.Text()
	}
}

// Len is the size of the items so far, in stored bytes.
func (p *Pack) Len() int { return len(p.bytes) }

// Count is the number of items so far.
func (p *Pack) Count() int { return len(p.spans) }

// Full reports whether the pack has reached [Config.PackBytes] and should be written.
func (p *Pack) Full() bool { return len(p.bytes) >= p.store.packBytes }

// Put writes the pack and returns it with the span of each item, in the order of Add. Put is idempotent: packs of the
// same items and salt are the same object, so it can be called again after an error, by two writers at once, and when
// the object exists already. A pack without items is an error.
func (p *Pack) Put(ctx context.Context) (Object, []Span, error) {
	if len(p.spans) == 0 {
		return Object{}, nil, errors.New("put a pack of no items")
	}
	body := append(p.bytes, p.salt...)
	sum := sha256.Sum256(body)
	object := Object{
		Key:    packKey(p.kind, sum, p.seal),
		Size:   int64(len(body)),
		SHA256: sum,
	}
	if err := p.store.put(ctx, object, body); err != nil {
		return Object{}, nil, err
	}
	spans := make([]Span, len(p.spans))
	for i, span := range p.spans {
		span.Object = object.Key
		spans[i] = span
	}
	return object, spans, nil
}

func packKey(kind Kind, sum [32]byte, seal sealing) string {
	return string(kind) + "/" + hex.EncodeToString(sum[:]) + seal.suffix() + ".pack"
}

// put sends the pack as one signed body. The signature covers the SHA-256 of the body, and servers of signature
// version 4 refuse a body with another hash. A trailing checksum would need aws-chunked encoding, which servers decode
// differently.
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
