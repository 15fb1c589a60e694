package blob

import (
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// MaxSize is the size of the largest item, in bytes of its content. It bounds the memory that a reader allocates for a
// span.
const MaxSize = 64 << 20

// window bounds the memory of an encoder, and the distance at which it finds matches. Source files seldom exceed it.
const window = 1 << 20

// newFrames returns an encoder and a decoder for whole frames. Each serves up to concurrency calls at once. Every
// frame states the size of its content, so that a reader knows the size before it allocates. Frames carry no checksum
// of their own, because the span's CRC-32C covers them.
func newFrames(concurrency int) (*zstd.Encoder, *zstd.Decoder, error) {
	zip, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(zstd.SpeedDefault),
		zstd.WithEncoderConcurrency(concurrency),
		zstd.WithWindowSize(window),
		zstd.WithSingleSegment(true),
		zstd.WithZeroFrames(true),
		zstd.WithEncoderCRC(false))
	if err != nil {
		return nil, nil, err
	}
	unzip, err := zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(concurrency),
		zstd.WithDecoderMaxMemory(MaxSize),
		zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		return nil, nil, err
	}
	return zip, unzip, nil
}

// decodeFrame decodes stored, which must be one frame, into exactly size bytes. It uses buf if that is large enough,
// and never allocates more than size bytes.
func decodeFrame(unzip *zstd.Decoder, stored []byte, size int, buf []byte) ([]byte, error) {
	var header zstd.Header
	if err := header.Decode(stored); err != nil {
		return nil, fmt.Errorf("zstd header: %w", err)
	}
	if header.Skippable || header.DictionaryID != 0 || !header.HasFCS {
		return nil, fmt.Errorf("not a zstd frame of leat's")
	}
	if header.FrameContentSize != uint64(size) {
		return nil, fmt.Errorf("zstd frame of %d bytes where %d were stored", header.FrameContentSize, size)
	}
	buf = resize(buf, size)
	out, err := unzip.DecodeAll(stored, buf[:0:size])
	if err != nil {
		return nil, fmt.Errorf("zstd frame: %w", err)
	}
	if len(out) != size {
		return nil, fmt.Errorf("zstd frame held %d bytes where %d were stored", len(out), size)
	}
	return out, nil
}

// resize returns n bytes, in the memory of buf if that is large enough.
func resize(buf []byte, n int) []byte {
	if cap(buf) < n {
		return make([]byte, n)
	}
	return buf[:n]
}
