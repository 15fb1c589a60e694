package embedder

import (
	"context"
	"fmt"
	"math"
	"sync"
)

// The default model.
const (
	LocalName       = "local-384"
	localDimensions = 384
)

// Local is the model local-384: no file, no network, the same vector on every
// machine. It compares what texts say, not what they mean: texts are close
// that share words, parts of identifiers and their spellings.
//
// A text is the sum of its words' vectors. A word is a part of an identifier,
// an identifier as a whole, or two parts in a row.
//
//   - A word's vector is found by signed feature hashing (K. Weinberger et al.,
//     "Feature hashing for large scale multitask learning", ICML 2009): hashes
//     say which dimensions it touches and with which sign, so that the dot
//     product of two texts has no bias from words that collide.
//   - Half of a part's weight goes to its character n-grams of 3 to 5 between
//     marks of its ends (P. Bojanowski et al., "Enriching word vectors with
//     subword information", TACL 5, 2017), so that parse is near parser. The
//     n-grams are of the bytes of UTF-8.
//   - A word that occurs tf times weighs 1 + ln tf (G. Salton, C. Buckley,
//     "Term-weighting approaches in automatic text retrieval", IPM 24(5),
//     1988), keywords of languages and the like a quarter of that.
//   - The sum is brought to unit length.
//
// Sums are of integers, whose order does not matter; what is left of floating
// point is a handful of operations that IEEE 754 rounds correctly, each on its
// own: a conversion between product and sum forbids the compiler to fuse them,
// as it does on arm64 and not on amd64.
//
// Document and Query are embedded alike.
type Local struct{}

// Model implements [Embedder].
func (Local) Model() Model {
	return Model{Name: LocalName, Dimensions: localDimensions, Distance: Dot}
}

// Embed implements [Embedder]. Its only error is ctx's.
func (Local) Embed(ctx context.Context, texts []string, _ Purpose) ([][]float32, error) {
	s := scratches.Get().(*scratch)
	defer s.release()
	all := make([]float32, len(texts)*localDimensions)
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("embed text %d of %d: %w", i+1, len(texts), context.Cause(ctx))
		}
		vectors[i] = all[i*localDimensions : (i+1)*localDimensions : (i+1)*localDimensions]
		s.embed(text, vectors[i])
	}
	return vectors, nil
}

// Weights are integers of which unit is 1.
const unit = 1 << 10

// weights of the roles.
var weights = [...]int64{
	pair:   unit * 3 / 10,
	whole:  unit / 2,
	common: unit / 4,
	part:   unit,
}

// shares[n] is what each of n dimensions gets of a word whose squares sum to
// half: sqrt(1/2n).
var shares = func() (table [3*maxIdent + 3]int64) {
	for n := 1; n < len(table); n++ {
		table[n] = int64(unit*math.Sqrt(1/float64(2*n)) + 0.5)
	}
	return table
}()

// frequencies[tf] is 1 + ln tf; more counts as the last. The logarithm is a sum
// of ln(i/(i-1)) = 2 artanh(1/(2i-1)), for math.Log has code of its own on some
// machines.
var frequencies = func() (table [256]int64) {
	ln := 0.0
	for tf := 1; tf < len(table); tf++ {
		if tf > 1 {
			z := 1 / float64(2*tf-1)
			square := float64(z * z)
			for k, term := 1, z; k < 60; k += 2 {
				ln += float64(2 * term / float64(k))
				term = float64(term * square)
			}
		}
		table[tf] = int64(float64(unit*(1+ln)) + 0.5)
	}
	return table
}()

// scratch is the memory of reading one text.
type scratch struct {
	table table
	sums  [localDimensions]int64
	keys  []uint64
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// maxKept is the most words that a scratch may have grown to and be kept.
const maxKept = 1 << 15

func (s *scratch) release() {
	if cap(s.table.words) <= maxKept {
		scratches.Put(s)
	}
}

func (s *scratch) embed(text string, out []float32) {
	s.table.read(text, true)
	clear(s.sums[:])
	for i := range s.table.words {
		w := &s.table.words[i]
		weight := weights[w.role] * frequencies[min(int(w.count), len(frequencies)-1)] / unit
		s.add(w.hash, weight*shares[2])
		s.add(w.hash<<32|w.hash>>32, weight*shares[2])
		if w.role == part {
			s.addGrams(s.table.letters[w.at:w.at+uint32(w.size)], weight)
		}
	}
	s.normalize(out)
}

// add puts weight on the dimension that the hash's upper half names, with the
// sign of its lower half's last bit.
func (s *scratch) add(hash uint64, weight int64) {
	dimension := (hash >> 32) * localDimensions >> 32
	sign := int64(hash&1)<<1 - 1
	s.sums[dimension] += sign * weight
}

// Marks of a word's ends, which no folded letter is.
const (
	opening = 2
	closing = 3
)

// addGrams shares half of weight among the n-grams of 3 to 5 bytes.
func (s *scratch) addGrams(letters []byte, weight int64) {
	size := len(letters) + 2
	share := weight * shares[grams(size, 3)+grams(size, 4)+grams(size, 5)]
	last := uint64(opening) // the bytes so far, the latest lowest
	for i := 1; i < size; i++ {
		b := byte(closing)
		if i <= len(letters) {
			b = letters[i-1]
		}
		last = last<<8 | uint64(b)
		if i >= 2 {
			s.add(mix(last&(1<<24-1)|3<<56), share)
		}
		if i >= 3 {
			s.add(mix(last&(1<<32-1)|4<<56), share)
		}
		if i >= 4 {
			s.add(mix(last&(1<<40-1)|5<<56), share)
		}
	}
}

// grams is how many n-grams a word of size bytes has.
func grams(size, n int) int { return max(0, size-n+1) }

// normalize writes the sums as a vector of unit length. A text without words
// is the vector whose elements are all alike, as far from any other as two
// texts with nothing in common.
func (s *scratch) normalize(out []float32) {
	squares := 0.0
	for _, sum := range s.sums {
		squares += float64(float64(sum) * float64(sum))
	}
	length := math.Sqrt(squares)
	for i, sum := range s.sums {
		if squares == 0 {
			sum, length = 1, math.Sqrt(localDimensions)
		}
		out[i] = float32(float64(sum) / length)
	}
}
