// Package seal encrypts the secrets that the catalog has to give back, such as those of webhooks. A
// reader of the database learns nothing of them without the key, which is in the environment or in
// a file.
//
// It owns the form of keys and of sealed secrets. It does not say where a key comes
// from; internal/config does.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrNoKey is the error of a box without a key.
	ErrNoKey = errors.New("there is no key for secrets: set LEAT_SECRET_KEY to 32 random bytes in base64 (openssl rand -base64 32)")
	// ErrCannotOpen says that a secret was sealed with another key or for another purpose, or has
	// been changed.
	ErrCannotOpen = errors.New("a secret cannot be opened: it was sealed with another LEAT_SECRET_KEY")
)

const (
	keySize = 32 // AES-256
	version = 1  // first byte of a sealed secret
	idSize  = 4  // bytes that name a key: the beginning of its SHA-256
)

// Box seals and opens secrets. The zero value and nil have no key. Any number of goroutines may use
// a box.
type Box struct{ keys []key }

type key struct {
	id   [idSize]byte
	aead cipher.AEAD
}

// New returns a box with keys of 32 bytes in base64, separated by commas or white space. The first
// seals; the others only open what they have sealed, so that a key can be replaced. An empty text
// gives a box without a key. No error shows a key.
func New(keys string) (*Box, error) {
	b := &Box{}
	for i, text := range strings.FieldsFunc(keys, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\r' || r == '\t' }) {
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(raw) != keySize {
			return nil, fmt.Errorf("key %d for secrets is not %d bytes in base64: make one with 'openssl rand -base64 %d'", i+1, keySize, keySize)
		}
		block, err := aes.NewCipher(raw)
		if err != nil {
			return nil, err
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(raw)
		b.keys = append(b.keys, key{[idSize]byte(sum[:idSize]), aead})
	}
	return b, nil
}

// NewKey returns a random key.
func NewKey() string {
	raw := make([]byte, keySize)
	_, _ = rand.Read(raw) // never fails
	return base64.StdEncoding.EncodeToString(raw)
}

// Usable returns ErrNoKey if the box has no key.
func (b *Box) Usable() error {
	if b == nil || len(b.keys) == 0 {
		return ErrNoKey
	}
	return nil
}

// Seal encrypts a secret (AES-256-GCM with a random nonce). Opening it takes the same purpose, such
// as a table and the key of a row, so that a sealed secret is of no use in another place.
func (b *Box) Seal(secret []byte, purpose string) ([]byte, error) {
	if err := b.Usable(); err != nil {
		return nil, err
	}
	k := b.keys[0]
	out := append([]byte{version}, k.id[:]...)
	nonce := make([]byte, k.aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	out = append(out, nonce...)
	return k.aead.Seal(out, nonce, secret, []byte(purpose)), nil
}

// Open decrypts a sealed secret.
func (b *Box) Open(sealed []byte, purpose string) ([]byte, error) {
	if err := b.Usable(); err != nil {
		return nil, err
	}
	if len(sealed) < 1+idSize || sealed[0] != version {
		return nil, ErrCannotOpen
	}
	id, rest := [idSize]byte(sealed[1:1+idSize]), sealed[1+idSize:]
	for _, k := range b.keys {
		n := k.aead.NonceSize()
		if k.id != id || len(rest) < n {
			continue
		}
		if secret, err := k.aead.Open(nil, rest[:n], rest[n:], []byte(purpose)); err == nil {
			return secret, nil
		}
	}
	return nil, ErrCannotOpen
}

// GitCredential is the purpose of a tenant's credential for a git host. Neither name can
// hold a line break.
func GitCredential(tenant, host string) string { return "git credential\n" + tenant + "\n" + host }
