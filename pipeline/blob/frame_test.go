package blob

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func codec(tb testing.TB) (*zstd.Encoder, *zstd.Decoder) {
	tb.Helper()
	zip, unzip, err := newFrames(2)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(unzip.Close)
	return zip, unzip
}

func TestFrames(t *testing.T) {
	zip, unzip := codec(t)
	for _, size := range []int{0, 1, 255, 256, 257, 65535, 1 << 17, window + 1, 3 * window} {
		data := bytes.Repeat([]byte("0123456789abcde"), size/15+1)[:size]
		got, err := decodeFrame(unzip, zip.EncodeAll(data, nil), size, nil)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes: %d, %v", size, len(got), err)
		}
	}
}

func TestWrongFramesAreRefused(t *testing.T) {
	zip, unzip := codec(t)
	frame := zip.EncodeAll([]byte("some text, some text"), nil)
	streamed := func() []byte { // a frame that does not state its size
		var b bytes.Buffer
		w, err := zstd.NewWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(bytes.Repeat([]byte("a"), 20)); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	bomb := zip.EncodeAll(make([]byte, MaxSize), nil)
	for name, stored := range map[string][]byte{
		"nothing":           nil,
		"no frame":          []byte("some text, some text"),
		"half a frame":      frame[:len(frame)/2],
		"two frames":        append(bytes.Clone(frame), frame...),
		"a tail":            append(bytes.Clone(frame), "tail"...),
		"a bomb":            bomb,
		"a bomb behind":     append(bytes.Clone(frame), bomb...),
		"a skippable frame": append([]byte{0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0}, "skip"...),
		"no stated size":    streamed(),
	} {
		if got, err := decodeFrame(unzip, stored, 20, nil); err == nil {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func FuzzDecodeFrame(f *testing.F) {
	zip, unzip := codec(f)
	for _, text := range []string{"", "a", "some text, some text, some text"} {
		f.Add(zip.EncodeAll([]byte(text), nil), len(text))
	}
	f.Add(binary.LittleEndian.AppendUint32(nil, 0xfd2fb528), 1<<20)
	f.Fuzz(func(t *testing.T, stored []byte, size int) {
		if size < 0 || size > 1<<20 {
			return
		}
		got, err := decodeFrame(unzip, stored, size, nil)
		if err == nil && (len(got) != size || cap(got) > size) {
			t.Errorf("%d bytes in %d of memory, want %d", len(got), cap(got), size)
		}
	})
}
