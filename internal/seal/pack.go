package seal

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
)

// Packs seals the items of packs (AES-256-GCM). Each is bound to its place, so that it
// can be opened nowhere else. It may be used by any number of goroutines.
type Packs struct {
	first string // id of the key that seals
	keys  map[string]*subtle.AESGCM
}

// ErrPackKey says that none of the keys is the one that sealed a pack.
var ErrPackKey = errors.New("the key that sealed it is not among those of LEAT_PACK_KEY or --pack-key-file (LEAT_PACK_KEY_FILE)")

// NewPacks reads keys of 32 bytes in base64, separated by commas or white space. The
// first seals; the others open what they have sealed. Nil: there is no key. No error
// repeats a key.
func NewPacks(keys string) (*Packs, error) {
	p := &Packs{keys: make(map[string]*subtle.AESGCM)}
	for i, text := range strings.FieldsFunc(keys, func(r rune) bool { return strings.ContainsRune(", \n\r\t", r) }) {
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(raw) != keySize {
			return nil, fmt.Errorf("key %d of packs is not %d bytes in base64: make one with 'openssl rand -base64 %d'", i+1, keySize, keySize)
		}
		aead, err := subtle.NewAESGCM(raw)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(raw)
		id := hex.EncodeToString(sum[:idSize])
		p.keys[id] = aead
		if i == 0 {
			p.first = id
		}
	}
	if p.first == "" {
		return nil, nil
	}
	return p, nil
}

// Key is the id of the key that seals: eight hex digits.
func (p *Packs) Key() string { return p.first }

// Has says whether a key is there.
func (p *Packs) Has(key string) bool { return p.keys[key] != nil }

// Seal encrypts an item for a place. A nonce of twelve random bytes precedes it, and a
// tag of sixteen follows.
func (p *Packs) Seal(item, place []byte) ([]byte, error) { return p.keys[p.first].Encrypt(item, place) }

// Open decrypts an item of a place. Without the key it returns ErrPackKey; any other
// error says that these are not the bytes that were sealed for the place.
func (p *Packs) Open(key string, sealed, place []byte) ([]byte, error) {
	aead := p.keys[key]
	if aead == nil {
		return nil, ErrPackKey
	}
	return aead.Decrypt(sealed, place)
}
