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

// Kind is the kind of a pack's items, and decides how they are stored.
type Kind string

// The kinds. Each is the first part of its packs' keys.
const (
	Text   Kind = "text"   // one zstd frame per item
	Vector Kind = "vector" // the item's bytes
)

// Span is the place of an item, and the checksum that proves it.
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
	codec Codec
	bytes []byte
	spans []Span
	salt  string // bytes after the last item, which belong to none
}

// NewPack returns an empty pack.
func (s *Store) NewPack(kind Kind) *Pack {
	return &Pack{store: s, kind: kind, codec: s.codec(kind)}
}

// Add appends an item, whose number is the count of those before it. It keeps
// no reference to data, and refuses more than [MaxSize].
func (p *Pack) Add(data []byte) error {
	if len(data) > MaxSize {
		return fault.Reject(fmt.Errorf("pack an item of %d bytes; at most %d are accepted", len(data), MaxSize))
	}
	start := len(p.bytes)
	all, err := p.codec.Append(p.bytes, data)
	if err != nil {
		return fmt.Errorf("encode item %d of a pack: %w", len(p.spans), err)
	}
	p.bytes = all
	stored := p.bytes[start:]
	p.spans = append(p.spans, Span{
		Offset: int64(start),
		Length: int32(len(stored)),
		Size:   int32(len(data)),
		CRC:    crc32.Checksum(stored, castagnoli),
	})
	return nil
}

// Reset takes all items out, so that the pack can be filled anew.
func (p *Pack) Reset() { p.bytes, p.spans = p.bytes[:0], p.spans[:0] }

// writeAttempts bounds the attempts of Write. The collector has to delete a pack
// within the milliseconds between two of its steps to make one fail.
const writeAttempts = 5

// Write has attempt put the pack and register it in the catalog. gone is the
// error with which a registration finds that the collector has deleted a pack
// that it relies on: this one, which had been stored before, or another. Such a
// key must not be used again, so Write salts the pack, which gives it a key that
// was never used, and has attempt try once more. Any other error ends it.
func (p *Pack) Write(ctx context.Context, gone error, attempt func(context.Context) error) error {
	for n := 1; ; n++ {
		err := attempt(ctx)
		if !errors.Is(err, gone) || n == writeAttempts || ctx.Err() != nil {
			return err
		}
		p.salt = rand.Text()
	}
}

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
	body := append(p.bytes, p.salt...)
	sum := sha256.Sum256(body)
	object := Object{
		Key:    packKey(p.kind, sum),
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
