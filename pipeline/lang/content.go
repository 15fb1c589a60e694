package lang

import (
	"bytes"
	"strconv"
)

// maxPointer is the size, in bytes, of the largest pointer that the specification of Git LFS allows.
const maxPointer = 1024

// lfsPointer reads a Git LFS pointer and returns the size of the content behind it. A pointer has lines of the form
// "key value", with the version first; see git-lfs/docs/spec.md.
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
