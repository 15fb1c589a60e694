package secret

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
)

// standIn, followed by a part of the secret's hash in hex, replaces a secret in a path.
const standIn, standInBytes = "masked-", 6

// Path returns a path without its secrets. The result is the name that a file has everywhere outside its repository.
// Path replaces each secret by "masked-" and twelve digits of the secret's SHA-256. So two files whose names differ
// only in their secrets remain two files, and the files of a directory stay together. If the path holds no secret, the
// result is path itself. Results of Path hold none.
//
// The digits reveal nothing about a token. But whoever guesses a password can confirm the guess by them.
func Path(path []byte) []byte {
	spans, _, _ := find(context.Background(), path) // this context never ends
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

// isStandIn reports whether a text that was found as a secret by the name before it is the stand-in of a secret.
func isStandIn(text []byte) bool {
	digits, found := bytes.CutPrefix(text, []byte(standIn))
	return found && len(digits) == 2*standInBytes && hexClass.run(digits, 0, len(digits)) == len(digits)
}
