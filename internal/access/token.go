package access

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"hash/crc32"
	"strings"
)

// Prefix begins every token.
const Prefix = "leat_"

// The lengths of the parts of a token. 30 characters out of 62 hold 178 bits, and 6 hold any
// CRC-32.
const (
	randomLength   = 30
	checksumLength = 6
	// TokenLength is the length of a token in bytes.
	TokenLength = len(Prefix) + randomLength + checksumLength
)

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// Hash is the stored form of a token: the SHA-256 of its text.
type Hash [sha256.Size]byte

// NewToken makes a token, and the hash to store.
func NewToken() (token string, hash Hash) {
	token = Prefix + random(randomLength)
	token += checksum(token)
	return token, sha256.Sum256([]byte(token))
}

// ParseToken returns the hash of a token. It returns false for any other text. Its time does not
// depend on the content of the text.
func ParseToken(text string) (Hash, bool) {
	if len(text) != TokenLength {
		return Hash{}, false
	}
	body, sum := text[:len(text)-checksumLength], text[len(text)-checksumLength:]
	ok := subtle.ConstantTimeCompare([]byte(body[:len(Prefix)]), []byte(Prefix))
	ok &= subtle.ConstantTimeCompare([]byte(sum), []byte(checksum(body)))
	return sha256.Sum256([]byte(text)), ok == 1
}

// checksum is the CRC-32 (IEEE 802.3) of the prefix and the random part, in base 62 with
// the most significant digit first.
func checksum(body string) string {
	sum := crc32.ChecksumIEEE([]byte(body))
	var digits [checksumLength]byte
	for i := range digits {
		digits[checksumLength-1-i] = alphabet[sum%62]
		sum /= 62
	}
	return string(digits[:])
}

// random returns n characters, each equally likely.
func random(n int) string {
	const even = 256 / len(alphabet) * len(alphabet) // greater bytes would favour the first characters
	var text strings.Builder
	block := make([]byte, 2*n)
	for {
		_, _ = rand.Read(block) // never fails: it ends the program instead
		for _, b := range block {
			if text.Len() == n {
				return text.String()
			}
			if int(b) < even {
				text.WriteByte(alphabet[int(b)%len(alphabet)])
			}
		}
	}
}
