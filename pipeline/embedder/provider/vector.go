package provider

import (
	"errors"
	"math"

	"github.com/leatworks/leat/pipeline/embedder"
)

var (
	errZeros     = errors.New("a vector of zeros")
	errNotFinite = errors.New("a vector that is not of finite numbers")
)

// finish checks a vector and cuts it to the stored dimensions. It scales the vector to unit length if it was cut or the
// distance requires it.
func (c *Config) finish(v []float32) ([]float32, error) {
	v = v[:c.Dimensions:c.Dimensions]
	squares := 0.0
	for _, f := range v {
		if f-f != 0 { // infinite, or not a number
			return nil, errNotFinite
		}
		squares += float64(f) * float64(f)
	}
	if squares == 0 {
		return nil, errZeros
	}
	if c.Distance == embedder.Dot || c.NativeDimensions != c.Dimensions {
		scale(v, 1/math.Sqrt(squares))
	}
	return v, nil
}

func scale(v []float32, by float64) {
	for i, f := range v {
		v[i] = float32(float64(f) * by)
	}
}

func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		ab += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	return ab / math.Sqrt(aa*bb)
}

// pool computes the vector of a text from those of its parts: their mean, weighted by bytes and scaled to unit length.
// If one part has failed, the text fails.
func pool(it *item) {
	var sum []float64
	for _, part := range it.parts {
		it.cost.Add(part.cost)
		if part.err != nil {
			it.err = part.err
			continue
		}
		if sum == nil {
			sum = make([]float64, len(part.vector))
		}
		for i, f := range part.vector {
			sum[i] += float64(f) * float64(len(part.text))
		}
	}
	if it.err != nil {
		return
	}
	squares := 0.0
	for _, f := range sum {
		squares += f * f
	}
	if squares == 0 {
		it.err = errZeros // the parts point in opposite directions
		return
	}
	it.vector = make([]float32, len(sum))
	for i, f := range sum {
		it.vector[i] = float32(f / math.Sqrt(squares))
	}
}
