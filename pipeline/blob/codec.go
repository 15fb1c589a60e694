package blob

import (
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// Codec turns an item into its stored bytes and back. It must be safe for concurrent use.
type Codec interface {
	// Append appends the stored form of an item to dst. It keeps neither.
	Append(dst, item []byte) ([]byte, error)
	// Open returns the item of size bytes whose stored form is given. The item is either stored itself or lies in other
	// memory: that of buf, if buf is large enough. It is never a part of stored. Open returns an error for bytes that
	// Append cannot have made, and allocates at most size bytes for them.
	Open(stored []byte, size int, buf []byte) ([]byte, error)
}

// frames stores each item as one zstd frame.
type frames struct {
	zip   *zstd.Encoder
	unzip *zstd.Decoder
}

func (f frames) Append(dst, item []byte) ([]byte, error) { return f.zip.EncodeAll(item, dst), nil }

func (f frames) Open(stored []byte, size int, buf []byte) ([]byte, error) {
	return decodeFrame(f.unzip, stored, size, buf)
}

// plain stores an item's bytes as they are.
type plain struct{}

func (plain) Append(dst, item []byte) ([]byte, error) { return append(dst, item...), nil }

func (plain) Open(stored []byte, size int, _ []byte) ([]byte, error) {
	if len(stored) != size {
		return nil, fmt.Errorf("%d bytes where %d were stored", len(stored), size)
	}
	return stored, nil
}

// codec returns the codec of a kind.
func (s *Store) codec(kind Kind) Codec {
	if kind == Vector {
		return s.vector
	}
	return s.text
}
