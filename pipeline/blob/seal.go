package blob

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"
)

// Sealer finds the keys by which items of packs are encrypted, each bound to its place. Its methods bound their time,
// and may be called by any number of goroutines.
type Sealer interface {
	// Newest returns the key that seals new packs of a key domain; "" is the installation's. A nil key means that new
	// packs are not sealed.
	Newest(ctx context.Context, domain string) (Key, error)
	// Key returns the key with an id. Its errors do not mean damage: [ErrSealed] if the key is not there, and
	// [ErrDestroyed] if it was destroyed.
	Key(ctx context.Context, id string) (Key, error)
}

// Key encrypts the stored bytes of items. Its methods may be called by any number of goroutines.
type Key interface {
	// ID is eight hex digits.
	ID() string
	// Domain is the key domain of the items that it seals; "": the installation's.
	Domain() string
	// Seal appends an item to dst, encrypted for a place. The sealed item is at most maxSealed bytes longer. The
	// arguments share no memory.
	Seal(dst, item, place []byte) ([]byte, error)
	// Open appends to dst the item that was sealed for a place. An error says that these bytes were not sealed for it.
	// The arguments share no memory.
	Open(dst, sealed, place []byte) ([]byte, error)
	// OpenInPlace is Open into the memory of sealed itself, which holds nothing of use after an error.
	OpenInPlace(sealed, place []byte) ([]byte, error)
}

// maxSealed is the most that sealing adds to an item.
const maxSealed = 1024

// Neither error means damage, so nothing is mended because of it.
var (
	// ErrSealed says that a pack is sealed and that its key is not there.
	ErrSealed = errors.New("the pack is sealed, and its key is not there")
	// ErrDestroyed says that the key of a pack was destroyed on purpose: nobody can read it any more.
	ErrDestroyed = errors.New("its key was destroyed, so nobody can read it any more")
)

// IsLocked reports whether a pack cannot be read because its key is not there, for now or for good.
func IsLocked(err error) bool { return errors.Is(err, ErrSealed) || errors.Is(err, ErrDestroyed) }

// sealing says how the items of a pack are sealed. The zero value means that they are not.
type sealing struct {
	key string // id of the key
	id  string // of the pack, 32 random hex digits, so that no two packs have a place in common
}

// choose chooses how the items of a new pack of a domain are sealed.
func (s *Store) choose(ctx context.Context, domain string) (Key, sealing, error) {
	if s.sealer == nil {
		if domain != "" {
			return nil, sealing{}, fmt.Errorf("seal a pack of key domain %s: %w", domain, ErrSealed)
		}
		return nil, sealing{}, nil
	}
	key, err := s.sealer.Newest(ctx, domain)
	if err != nil {
		return nil, sealing{}, fmt.Errorf("seal a pack: %w", err)
	}
	if key == nil {
		return nil, sealing{}, nil
	}
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	return key, sealing{key.ID(), hex.EncodeToString(id[:])}, nil
}

// suffix is the part of a pack's key that tells how it is sealed.
func (s sealing) suffix() string {
	if s.key == "" {
		return ""
	}
	return "." + s.key + "." + s.id
}

// place appends to dst the data to which an item is bound: kind and id of the pack, and the item's offset.
func (s sealing) place(dst []byte, kind Kind, offset int64) []byte {
	dst = append(append(append(append(dst, kind...), '\n'), s.id...), '\n')
	return binary.BigEndian.AppendUint64(dst, uint64(offset))
}

// keyPattern matches the keys that Put gives to packs, below the prefix: kind, SHA-256, and of a sealed pack the ids of
// key and pack.
var keyPattern = regexp.MustCompile(`^(text|fact|vector)/([0-9a-f]{64})(?:\.([0-9a-f]{8})\.([0-9a-f]{32}))?\.pack$`)

// SealedBy returns the id of the encryption key that sealed a pack, which the pack's own key names; "" if it is not
// sealed.
func SealedBy(key string) string {
	return sealingOf(key).key
}

// sealingOf reads the sealing of a pack from its key.
func sealingOf(key string) sealing {
	match := keyPattern.FindStringSubmatch(key)
	if match == nil {
		return sealing{}
	}
	return sealing{match[3], match[4]}
}

// Domain returns the key domain of a pack, which is that of the key that sealed it. Packs that are not sealed belong to
// the installation's domain, "". It returns [ErrSealed] or [ErrDestroyed] if the pack cannot be read.
func (s *Store) Domain(ctx context.Context, key string) (string, error) {
	k, err := s.find(ctx, sealingOf(key), key)
	if err != nil || k == nil {
		return "", err
	}
	return k.Domain(), nil
}

// Outdated says whether a pack would be sealed in another way if it were written now. A pack that cannot be read is not
// outdated.
func (s *Store) Outdated(ctx context.Context, key string) (bool, error) {
	if s.sealer == nil {
		return false, nil
	}
	domain, err := s.Domain(ctx, key)
	if IsLocked(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	newest, err := s.sealer.Newest(ctx, domain)
	if err != nil || newest == nil {
		return false, err
	}
	return newest.ID() != SealedBy(key), nil
}

// find returns the key that has sealed a pack, nil if none has.
func (s *Store) find(ctx context.Context, by sealing, object string) (Key, error) {
	if by.key == "" {
		return nil, nil
	}
	if s.sealer == nil {
		return nil, fmt.Errorf("read %s: %w: %s", object, ErrSealed, strconv.Quote(by.key))
	}
	key, err := s.sealer.Key(ctx, by.key)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", object, err)
	}
	return key, nil
}

// unseal returns the encoded bytes of an item of a pack that key has sealed, in memory of the worker. It checks a tag
// of sixteen bytes, which says more than a checksum.
func (w *worker) unseal(key Key, by sealing, kind Kind, span Span, stored []byte) ([]byte, error) {
	w.place = by.place(w.place[:0], kind, span.Offset)
	opened, err := key.Open(w.opened[:0], stored, w.place)
	if err != nil {
		return nil, misplaced(span)
	}
	w.opened = opened
	return opened, nil
}

func misplaced(span Span) error {
	return corrupt(span.Object, span.Offset, "%d bytes are not those that were sealed for this place", span.Length)
}

// ahead opens the items of a range in their own memory, as soon as their bytes have arrived: the server sends the rest
// meanwhile, so that a reader seldom waits for both.
type ahead struct {
	key   Key
	by    sealing
	kind  Kind
	fetch fetch
	spans []Span

	items [][]byte // encoded bytes of the first spans of fetch
	err   error    // of the span after them
	place []byte
}

// arrived is told the bytes of the range that have arrived so far; none of them: the range is read anew.
func (a *ahead) arrived(stored []byte) {
	if len(stored) == 0 {
		a.items, a.err = a.items[:0], nil
	}
	for a.err == nil && len(a.items) < len(a.fetch.spans) {
		n := len(a.items)
		span := a.spans[a.fetch.spans[n]]
		from := span.Offset - a.fetch.offset
		to := from + int64(span.Length)
		if to > int64(len(stored)) || len(stored) == 0 {
			return
		}
		if n > 0 && a.spans[a.fetch.spans[n-1]] == span { // asked for twice
			a.items = append(a.items, a.items[n-1])
			continue
		}
		a.place = a.by.place(a.place[:0], a.kind, span.Offset)
		item, err := a.key.OpenInPlace(stored[from:to:to], a.place)
		if err != nil {
			a.err = misplaced(span)
			return
		}
		a.items = append(a.items, item)
	}
}
