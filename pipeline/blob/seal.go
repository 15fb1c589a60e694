package blob

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"
)

// Sealer encrypts the stored bytes of items, each bound to its place. It must be safe for concurrent use.
type Sealer interface {
	// Key is the id of the key that seals: eight hex digits.
	Key() string
	// Has says whether a key can be used.
	Has(key string) bool
	// Seal encrypts an item for a place. The result is at most 1,024 bytes longer.
	Seal(item, place []byte) ([]byte, error)
	// Open decrypts an item that a key has sealed for a place.
	Open(key string, sealed, place []byte) ([]byte, error)
}

// ErrSealed says that a pack is sealed and that its key is not there. It is no damage: nothing is mended because of it.
var ErrSealed = errors.New("the pack is sealed, and its key is not there")

// sealing is how the items of a pack are sealed. The zero value: they are not.
type sealing struct {
	key string // id of the key
	id  string // of the pack, 32 random hex digits, so that no two packs have a place in common
}

// newSealing chooses the sealing of a new pack.
func (s *Store) newSealing() sealing {
	if s.sealer == nil {
		return sealing{}
	}
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	return sealing{s.sealer.Key(), hex.EncodeToString(id[:])}
}

// suffix is what the key of a pack says of its sealing.
func (s sealing) suffix() string {
	if s.key == "" {
		return ""
	}
	return "." + s.key + "." + s.id
}

// place is what binds an item: kind and id of the pack, and the item's offset.
func (s sealing) place(kind Kind, offset int64) []byte {
	return binary.BigEndian.AppendUint64([]byte(string(kind)+"\n"+s.id+"\n"), uint64(offset))
}

// keyPattern matches the keys that Put gives to packs, below the prefix: kind, SHA-256, and of a sealed pack the ids of
// key and pack.
var keyPattern = regexp.MustCompile(`^(text|fact|vector)/([0-9a-f]{64})(?:\.([0-9a-f]{8})\.([0-9a-f]{32}))?\.pack$`)

// SealedBy returns the id of the key that sealed a pack, by the pack's own key; "" if it is not sealed.
func SealedBy(key string) string {
	return sealingOf(key).key
}

// Outdated says that a pack would be sealed otherwise if it were written now.
func (s *Store) Outdated(key string) bool {
	return s.sealer != nil && SealedBy(key) != s.sealer.Key()
}

// sealingOf reads the sealing of a pack from its key.
func sealingOf(key string) sealing {
	match := keyPattern.FindStringSubmatch(key)
	if match == nil {
		return sealing{}
	}
	return sealing{match[3], match[4]}
}

// unseal returns the encoded bytes of an item of a pack that by has sealed.
func (s *Store) unseal(by sealing, kind Kind, span Span, stored []byte) ([]byte, error) {
	if by.key == "" {
		return stored, nil
	}
	if s.sealer == nil || !s.sealer.Has(by.key) {
		return nil, fmt.Errorf("read %s: %w: %s", span.Object, ErrSealed, strconv.Quote(by.key))
	}
	opened, err := s.sealer.Open(by.key, stored, by.place(kind, span.Offset))
	if err != nil {
		return nil, corrupt(span.Object, span.Offset, "%d bytes are not those that were sealed for this place", span.Length)
	}
	return opened, nil
}
