package secret

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
)

// standIn replaces a secret in a path: it and a part of the
// secret's hash, in hex.
const standIn, standInBytes = "masked-", 6

// Path returns a path without its secrets, which is the name that a file has
// everywhere outside its repository. Each secret gives way to "masked-" and
// twelve digits of its SHA-256, so that two files whose names differ by their
// secrets alone stay two, and all of a directory stay together. The result is
// path itself if it holds no secret, as Path's own results do.
//
// The digits tell nothing of a token. A password that can be guessed can be
// recognised by them.
func Path(path []byte) []byte {
	spans, _, _ := find(context.Background(), path) // which never ends
	if len(spans) == 0 {
		return path
	}
	var out bytes.Buffer
	at := 0
	for _, s := range spans {
		if isStandIn(path[s.start:s.end]) {
			continue
		}
		out.Write(path[at:s.start])
		sum := sha256.Sum256(path[s.start:s.end])
		fmt.Fprintf(&out, "%s%x", standIn, sum[:standInBytes])
		at = s.end
	}
	out.Write(path[at:])
	return out.Bytes()
}

// isStandIn reports whether a text found as a secret, by the name before it, is the
// stand-in of one.
func isStandIn(text []byte) bool {
	digits, found := bytes.CutPrefix(text, []byte(standIn))
	return found && len(digits) == 2*standInBytes && hexClass.run(digits, 0, len(digits)) == len(digits)
}
