package seal

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// PackKey seals the items of packs (AES-256-GCM). Each item is bound to its place, and cannot be
// opened elsewhere. Any number of goroutines may use a PackKey.
//
// The form is that of tink's AESGCM without a prefix. Both use the standard library's code, but
// tink allocates a result for each item, which is a third of the cost of small ones. Here the
// caller provides the memory.
type PackKey struct {
	id, domain string
	aead       cipher.AEAD
	nonces     nonces
}

// NewPackKey makes a key out of 32 bytes, with an id and a key domain.
func NewPackKey(id, domain string, raw []byte) (*PackKey, error) {
	if len(raw) != keySize {
		return nil, fmt.Errorf("key %s of packs has %d bytes, not %d", id, len(raw), keySize)
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, fmt.Errorf("key %s of packs: %w", id, err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("key %s of packs: %w", id, err)
	}
	return &PackKey{id: id, domain: domain, aead: aead}, nil
}

// RandomPackKey makes a key, and the id for it: eight hex digits.
func RandomPackKey() (id string, raw []byte) {
	raw = make([]byte, keySize+idSize)
	_, _ = rand.Read(raw) // never fails
	return hex.EncodeToString(raw[keySize:]), raw[:keySize]
}

// ID is the id of the key, which is part of the names of its packs.
func (k *PackKey) ID() string { return k.id }

// Domain is the key domain; "": the installation.
func (k *PackKey) Domain() string { return k.domain }

// Seal appends an item, encrypted for a place, to dst. A nonce of twelve random bytes precedes it,
// and a tag of sixteen follows. item and dst must not overlap in memory.
func (k *PackKey) Seal(dst, item, place []byte) ([]byte, error) {
	start := len(dst)
	dst = slices.Grow(dst, nonceSize+len(item)+k.aead.Overhead())[:start+nonceSize]
	k.nonces.next(dst[start:])
	return k.aead.Seal(dst, dst[start:], item, place), nil
}

// nonceSize is the size of AES-GCM's nonces (NIST SP 800-38D, 8.2.2), in bytes.
const nonceSize = 12

// nonces hands out random nonces. It draws many from the system at once, because one call takes as
// long as the encryption of 200 bytes. It gives each nonce once and then clears it from memory.
type nonces struct {
	mu   sync.Mutex
	left int
	pool [noncesAtOnce * nonceSize]byte
}

const noncesAtOnce = 64

func (n *nonces) next(nonce []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.left == 0 {
		_, _ = rand.Read(n.pool[:]) // never fails
		n.left = noncesAtOnce
	}
	n.left--
	drawn := n.pool[n.left*nonceSize:][:nonceSize]
	copy(nonce, drawn)
	clear(drawn)
}

// Open appends the item of a place to dst. An error says that the bytes were not sealed for the
// place with this key. sealed and dst must not overlap in memory.
func (k *PackKey) Open(dst, sealed, place []byte) ([]byte, error) {
	if len(sealed) < nonceSize+k.aead.Overhead() {
		return nil, errTooShort
	}
	return k.aead.Open(dst, sealed[:nonceSize], sealed[nonceSize:], place)
}

// OpenInPlace is Open into the memory of sealed, which holds nothing of use after an error.
func (k *PackKey) OpenInPlace(sealed, place []byte) ([]byte, error) {
	if len(sealed) < nonceSize+k.aead.Overhead() {
		return nil, errTooShort
	}
	return k.aead.Open(sealed[nonceSize:nonceSize], sealed[:nonceSize], sealed[nonceSize:], place)
}

var errTooShort = errors.New("too few bytes for a sealed item")

// ErrNoWrapper says that the key that has wrapped a key of packs is missing.
var ErrNoWrapper = errors.New("the key that wraps it is not among those of LEAT_PACK_KEY or --pack-key-file (LEAT_PACK_KEY_FILE)")

// Wrapper holds the keys that wrap the keys of packs. It is a [Ring], or a service that never shows
// them. Any number of goroutines may call its methods.
type Wrapper interface {
	// Newest returns the id of the key that wraps.
	Newest(ctx context.Context) (string, error)
	// Wrap encrypts a key for a purpose, and names the key that has wrapped it.
	Wrap(ctx context.Context, key []byte, purpose string) (wrapped []byte, by string, err error)
	// Unwrap returns a key that the key named by has wrapped for the purpose. The error is
	// ErrNoWrapper if that key is missing.
	Unwrap(ctx context.Context, wrapped []byte, by, purpose string) (key []byte, err error)
}

// Ring holds keys that wrap the keys of packs, from a file or from the environment.
type Ring struct {
	read func() (string, error)

	mu   sync.Mutex
	at   time.Time // time of the last reading
	keys ringKeys
}

// ringKeys are the keys of one reading. The first one wraps, and each opens what it has sealed.
type ringKeys struct {
	first string
	byID  map[string]*PackKey
}

// rereadAfter is the age at which keys are read again, so that a key in a file can be
// replaced while the workers run.
const rereadAfter = 5 * time.Second

// NewRing reads keys of 32 bytes in base64, separated by commas or white space. The first wraps;
// the others only open. The ring calls read again from time to time, and a failed reading changes
// nothing. It returns nil if there is no key. No error shows a key.
func NewRing(read func() (string, error)) (*Ring, error) {
	text, err := read()
	if err != nil {
		return nil, err
	}
	keys, err := parseRing(text)
	if err != nil || keys.first == "" {
		return nil, err
	}
	return &Ring{read: read, at: time.Now(), keys: keys}, nil
}

func parseRing(text string) (ringKeys, error) {
	keys := ringKeys{byID: make(map[string]*PackKey)}
	for i, text := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(", \n\r\t", r) }) {
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(raw) != keySize {
			return keys, fmt.Errorf("key %d of packs is not %d bytes in base64: make one with 'openssl rand -base64 %d'", i+1, keySize, keySize)
		}
		sum := sha256.Sum256(raw)
		id := hex.EncodeToString(sum[:idSize])
		if keys.byID[id], err = NewPackKey(id, "", raw); err != nil {
			return keys, err
		}
		if i == 0 {
			keys.first = id
		}
	}
	return keys, nil
}

// current returns the keys. It reads them again if they are old.
func (r *Ring) current() ringKeys {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.at) > rereadAfter {
		r.at = time.Now()
		if text, err := r.read(); err == nil {
			if keys, err := parseRing(text); err == nil && keys.first != "" {
				r.keys = keys
			}
		}
	}
	return r.keys
}

// Newest is Wrapper.Newest.
func (r *Ring) Newest(context.Context) (string, error) { return r.current().first, nil }

// Wrap is Wrapper.Wrap.
func (r *Ring) Wrap(_ context.Context, key []byte, purpose string) (wrapped []byte, by string, err error) {
	keys := r.current()
	wrapped, err = keys.byID[keys.first].Seal(nil, key, []byte(purpose))
	return wrapped, keys.first, err
}

// Unwrap is Wrapper.Unwrap.
func (r *Ring) Unwrap(_ context.Context, wrapped []byte, by, purpose string) ([]byte, error) {
	k := r.Direct(by)
	if k == nil {
		return nil, ErrNoWrapper
	}
	key, err := k.Open(nil, wrapped, []byte(purpose))
	if err != nil {
		return nil, errors.New("the wrapped key is not the one that was wrapped for this place")
	}
	return key, nil
}

// Direct returns a key of the ring itself, which may have sealed packs before the catalog held
// keys. It returns nil if the ring has no key of that id.
func (r *Ring) Direct(id string) *PackKey { return r.current().byID[id] }
