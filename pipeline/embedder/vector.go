package embedder

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Sparse holds the elements of a vector that are not zero.
type Sparse struct {
	Indices []uint32  // strictly ascending
	Values  []float32 // one for each index, finite
}

// Vector holds the stored vectors of a chunk's text.
type Vector struct {
	Dense  []float32
	Sparse Sparse
}

// recordHeader is the size of two counts, of dense numbers and of sparse terms.
const recordHeader = 8

// AppendBinary appends the record of the vector to b. The record consists of the number of dimensions and of terms as
// uint32, the dense numbers as float32, the indices as uint32 and their values as float32, all little-endian.
// AppendBinary refuses vectors that DecodeVector would refuse.
func (v Vector) AppendBinary(b []byte) ([]byte, error) {
	if err := v.check(); err != nil {
		return b, fmt.Errorf("encode vector: %w", err)
	}
	b = slices.Grow(b, recordHeader+4*len(v.Dense)+8*len(v.Sparse.Indices))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(v.Dense)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(v.Sparse.Indices)))
	b = AppendFloats(b, v.Dense)
	for _, index := range v.Sparse.Indices {
		b = binary.LittleEndian.AppendUint32(b, index)
	}
	return AppendFloats(b, v.Sparse.Values), nil
}

// DecodeVector decodes b, which must be exactly one record. The vector shares no memory with b.
func DecodeVector(b []byte) (Vector, error) {
	if len(b) < recordHeader {
		return Vector{}, fmt.Errorf("decode vector: a record of %d bytes has no header", len(b))
	}
	dims, terms := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
	if want := recordHeader + 4*uint64(dims) + 8*uint64(terms); uint64(len(b)) != want {
		return Vector{}, fmt.Errorf("decode vector: %d dimensions and %d terms need %d bytes, the record has %d", dims, terms, want, len(b))
	}
	b = b[recordHeader:]
	var v Vector
	v.Dense, b = decodeFloats(b, int(dims))
	v.Sparse.Indices = make([]uint32, terms)
	for i := range v.Sparse.Indices {
		v.Sparse.Indices[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	v.Sparse.Values, _ = decodeFloats(b[4*terms:], int(terms))
	if err := v.check(); err != nil {
		return Vector{}, fmt.Errorf("decode vector: %w", err)
	}
	return v, nil
}

func (v Vector) check() error {
	if len(v.Sparse.Indices) != len(v.Sparse.Values) {
		return fmt.Errorf("%d terms have %d values", len(v.Sparse.Indices), len(v.Sparse.Values))
	}
	if uint64(len(v.Dense)) > math.MaxUint32 || uint64(len(v.Sparse.Indices)) > math.MaxUint32 {
		return errors.New("too many dimensions or terms to count in 32 bits")
	}
	for i := 1; i < len(v.Sparse.Indices); i++ {
		if v.Sparse.Indices[i-1] >= v.Sparse.Indices[i] {
			return fmt.Errorf("term %d: index %d does not rise above %d", i, v.Sparse.Indices[i], v.Sparse.Indices[i-1])
		}
	}
	if err := finite("dimension", v.Dense); err != nil {
		return err
	}
	return finite("term", v.Sparse.Values)
}

func finite(what string, values []float32) error {
	for i, f := range values {
		if f-f != 0 { // infinite, or not a number
			return fmt.Errorf("%s %d is %v", what, i, f)
		}
	}
	return nil
}

// AppendFloats appends values as their bits, the lowest byte first.
func AppendFloats(b []byte, values []float32) []byte {
	for _, f := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
	}
	return b
}

func decodeFloats(b []byte, n int) ([]float32, []byte) {
	values := make([]float32, n)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return values, b[4*n:]
}
