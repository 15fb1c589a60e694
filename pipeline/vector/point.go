package vector

import (
	"errors"
	"fmt"
	"iter"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/fault"
)

// Sparse is a vector of term weights. Values[i] is the weight of term Indices[i]. No index occurs twice.
type Sparse struct {
	Indices []uint32
	Values  []float32
}

func (s Sparse) check() error {
	if len(s.Indices) != len(s.Values) {
		return fmt.Errorf("sparse vector with %d indices and %d values", len(s.Indices), len(s.Values))
	}
	return nil
}

// Payload describes a point. Texts are valid UTF-8. All except the tenant may be empty.
type Payload struct {
	Tenant     string
	Repository uuid.UUID
	Track      uuid.UUID
	Document   uuid.UUID
	Ref        string
	Path       string // from the repository's root, with slashes
	Language   string // empty if unknown
	Kind       string // the chunk's kind, for example "function"; may be empty
	Symbol     string // may be empty
	Symbols    Symbols
	Blob       string // SHA-256 in hex
	Commit     string // in hex
	StartLine  int    // first line, counted from 1
	EndLine    int    // last line, included
	StartByte  int    // offset in the blob
	EndByte    int    // offset of the byte after the last
	Revision   int64  // not negative, and below 2⁵³
}

// Dirs yields every directory above the path, the topmost first: a and a/b for a/b/c.go. By them a store that compares
// values and not prefixes finds the points below a directory.
func (p *Payload) Dirs() iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range len(p.Path) {
			if p.Path[i] == '/' && i > 0 && !yield(p.Path[:i]) {
				return
			}
		}
	}
}

// Point is one chunk of a document in a collection.
type Point struct {
	ID      uuid.UUID
	Dense   []float32
	Sparse  Sparse // may be empty
	Payload Payload
}

// Check rejects a point that no collection can hold. The store checks whether the dense vector has the collection's
// dimensions.
func (p *Point) Check() error {
	err := p.Sparse.check()
	if err == nil {
		err = p.Payload.check()
	}
	if err != nil {
		return fault.Reject(fmt.Errorf("point %s: %w", p.ID, err))
	}
	return nil
}

func (p *Payload) check() error {
	if p.Tenant == "" {
		return errors.New("the payload names no tenant")
	}
	for _, field := range [...]struct{ name, text string }{
		{"tenant", p.Tenant}, {"ref", p.Ref}, {"path", p.Path}, {"language", p.Language},
		{"kind", p.Kind}, {"symbol", p.Symbol}, {"symbols", string(p.Symbols)}, {"blob", p.Blob}, {"commit", p.Commit},
	} {
		if !utf8.ValidString(field.text) {
			return fmt.Errorf("%s %q is not valid UTF-8", field.name, field.text)
		}
	}
	return nil
}

// Stale names the points of a document below a revision.
type Stale struct {
	Document uuid.UUID
	Before   int64 // points with a smaller revision are stale
}

// Mark is what decides whether a point belongs in the index: its id and the part of its payload that this needs. A
// field is zero if the stored payload lacks it, or holds it in another form than Upsert writes.
type Mark struct {
	ID         uuid.UUID
	Tenant     string
	Repository uuid.UUID
	Document   uuid.UUID
	Path       string
	Blob       string // SHA-256 in hex
	Revision   int64
}
