package qdrant

import (
	"math"

	"github.com/qdrant/go-client/qdrant"
)

// A dense vector x is also kept as codes of one byte, x = scale·codes + rest. A scan of all vectors reads the codes,
// which are a quarter of the bytes, and computes for each vector an interval that certainly holds its score. Only
// vectors that may be among the best by their intervals are read and scored in full. So the answer equals that of a
// full scan.

// codeLane is the number of codes that are multiplied at once. Rows of codes are padded with zeros to a multiple of it.
const codeLane = 32

// codeMax is the largest code.
const codeMax = 127

// bounds holds what the error of a row's codes depends on.
type bounds struct {
	scale float32
	rest  float32 // length of the rest, rounded up
	norm  float32 // length of scale·codes, rounded up
}

func (s shape) codeWidth() int { return (s.Dimensions + codeLane - 1) / codeLane * codeLane }

// quantized reports whether the collection keeps codes. It does if its score is a dot product.
func (s shape) quantized() bool {
	return s.Dimensions > 0 && s.Distance != qdrant.Distance_Euclid
}

// encode writes the codes of a vector into a row of zeros.
func encode(row []int8, vector []float32) bounds {
	largest := uint32(0) // without the sign, the bits of a float32 have the order of its values
	for _, x := range vector {
		largest = max(largest, math.Float32bits(x)&^(1<<31))
	}
	top := math.Float32frombits(largest)
	b := bounds{scale: top / codeMax}
	if b.scale == 0 { // the vector is zero, or too small for a scale
		b.rest = roundUp(top * top * float32(len(vector)))
		return b
	}
	inverse := 1 / b.scale
	var rest, norm [2]float32 // two sums, so that one need not wait for the other
	for i, x := range vector {
		half := math.Float32frombits(math.Float32bits(0.5) | math.Float32bits(x)&(1<<31))
		code := int32(x*inverse + half)
		code = min(max(code, -codeMax), codeMax)
		row[i] = int8(code)
		near := b.scale * float32(code)
		off := x - near
		rest[i&1] += off * off
		norm[i&1] += near * near
	}
	b.rest, b.norm = roundUp(rest[0]+rest[1]), roundUp(norm[0]+norm[1])
	return b
}

// slack is a factor that covers the rounding of sums of squares of up to 65,536 numbers, as in [N. Higham, "Accuracy
// and Stability of Numerical Algorithms", chapter 3].
const slack = 1.01

// roundUp returns an upper bound of the square root of a sum that was rounded. Its last summand covers squares below
// the smallest float32.
func roundUp(square float32) float32 {
	return float32(math.Sqrt(float64(square))*slack + 1e-20)
}

// probe is a query in codes, with what its error depends on.
type probe struct {
	codes []int16
	scale float64
	norm  float64 // length of the query
	error float64 // the error for each unit of a vector's length
}

// newProbe quantizes a query as finely as possible without a sum of products that exceeds an int32.
func newProbe(query []float32, width int) probe {
	var largest, norm float64
	for _, x := range query {
		largest = max(largest, math.Abs(float64(x)))
		norm += float64(x) * float64(x)
	}
	p := probe{codes: make([]int16, width), norm: math.Sqrt(norm) * slack}
	finest := min(math.MaxInt16, math.MaxInt32/(codeMax*width))
	p.scale = largest / float64(finest)
	rest := 0.0
	if p.scale > 0 {
		for i, x := range query {
			code := math.RoundToEven(float64(x) / p.scale)
			p.codes[i] = int16(code)
			off := float64(x) - code*p.scale
			rest += off * off
		}
	}
	// The exact score is itself a rounded sum. For each unit of both lengths, its error is at most the number of
	// summands times the unit roundoff.
	p.error = math.Sqrt(rest)*slack + float64(len(query)+2)*0x1p-23*p.norm
	return p
}

// interval returns a lower and an upper bound of the score of a row, given the dot product of the codes. They are NaN
// if the row's bounds are.
func (p *probe) interval(dot int32, b bounds) (lower, upper float64) {
	middle := float64(dot) * float64(b.scale) * p.scale
	margin := float64(b.rest)*(p.norm+p.error) + float64(b.norm)*p.error
	margin += 1e-30 // for products that are too small for a float32
	return middle - margin, middle + margin
}

// dotRowsGo does what dotRows does, on every machine.
func dotRowsGo(query []int16, rows []int8, out []int32) {
	for i := range out {
		row := rows[i*len(query) : (i+1)*len(query)]
		sum := int32(0)
		for j, code := range row {
			sum += int32(query[j]) * int32(code)
		}
		out[i] = sum
	}
}
