package lang

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// notText says whether content is no text, and why.
//
// A NUL anywhere decides: git and go-enry look at the first 8,000 bytes only,
// but no store of text takes a NUL at the end either. UTF-16 is binary for
// that reason, as it is for git.
//
// Valid UTF-8 without a NUL is text. Other encodings (Latin-1, Shift JIS,
// GBK…) are text too and are indexed as the bytes they are; they are told from
// small binary files by control characters, which such texts do not hold and
// which are a tenth of compressed or encrypted bytes.
func notText(content []byte) (why string, is bool) {
	if at := bytes.IndexByte(content, 0); at >= 0 {
		return fmt.Sprintf("a NUL at byte %d", at), true
	}
	if utf8.Valid(content) {
		return "", false
	}
	if n := controls(content); n > len(content)/64 {
		return fmt.Sprintf("%d control characters, and not UTF-8", n), true
	}
	return "", false
}

// controls counts the control characters that texts do not hold.
func controls(content []byte) int {
	n := 0
	for _, b := range content {
		if b < ' ' && (b < '\b' || b > '\r') && b != 0x1b || b == 0x7f {
			n++
		}
	}
	return n
}

// maxPointer is the size that the specification of Git LFS bounds pointers to.
const maxPointer = 1024

// lfsPointer reads a pointer of Git LFS and returns the size of the content it
// stands for. See git-lfs/docs/spec.md: lines "key value", version first.
func lfsPointer(content []byte) (size int64, ok bool) {
	if len(content) >= maxPointer {
		return 0, false
	}
	first, rest, _ := bytes.Cut(content, []byte("\n"))
	first = bytes.TrimSuffix(first, []byte("\r"))
	switch string(first) {
	case "version https://git-lfs.github.com/spec/v1", "version https://hawser.github.com/spec/v1", "version http://git-media.io/v/2":
	default:
		return 0, false
	}
	hasOID := false
	for line := range bytes.Lines(rest) {
		key, value, _ := bytes.Cut(bytes.TrimSpace(line), []byte(" "))
		switch string(key) {
		case "oid":
			hasOID = bytes.HasPrefix(value, []byte("sha256:"))
		case "size":
			n, err := strconv.ParseInt(string(value), 10, 64)
			if err != nil || n < 0 {
				return 0, false
			}
			size, ok = n, true
		}
	}
	return size, ok && hasOID
}
