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

// Local is the model local-384. It needs no file and no network, and gives the same vector on every machine. It
// compares the wording of texts, not their meaning: texts are close if they share words, parts of identifiers and
// spellings.
//
// The vector of a text is the sum of the vectors of its words. A word is a part of an identifier, a whole identifier,
// or two parts in a row.
//
//   - The vector of a word comes from signed feature hashing (K. Weinberger et al.,
//     "Feature hashing for large scale multitask learning", ICML 2009): hashes
//     choose its dimensions and their signs, so that words that collide do not
//     bias the dot product of two texts.
//   - Half of a part's weight goes to its character n-grams of 3 to 5 between
//     marks of its ends (P. Bojanowski et al., "Enriching word vectors with
//     subword information", TACL 5, 2017), so that parse is near parser. An
//     n-gram consists of bytes of UTF-8.
//   - A word that occurs tf times weighs 1 + ln tf (G. Salton, C. Buckley,
//     "Term-weighting approaches in automatic text retrieval", IPM 24(5),
//     1988). Common words, such as keywords of languages, weigh a quarter of that.
//   - The sum is scaled to unit length.
//
// The sums are sums of integers, so their order does not matter. The few floating-point operations are each rounded
// correctly by IEEE 754. A conversion between product and sum keeps the compiler from fusing them, which it would do on
// arm64 and not on amd64.
//
// Documents and queries are embedded alike. Unlike [Terms], the model folds no accents, and in every script takes the
// text between two blanks for one word. This cannot be improved, because the vector of a text must never change.
type Local struct{}

// Model implements [Embedder].
func (Local) Model() Model {
	return Model{Name: LocalName, Dimensions: localDimensions, Distance: Dot}
}

// Embed implements [Embedder]. It returns an error only if ctx has ended.
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

// Weights are integers; unit is the weight 1.
const unit = 1 << 10

// weights holds the weights of the roles.
var weights = [...]int64{
	pair:   unit * 3 / 10,
	whole:  unit / 2,
	common: unit / 4,
	part:   unit,
}

// shares[n] is the part of a word that each of n dimensions gets: sqrt(1/2n), so that the squares sum to one half.
var shares = func() (table [3*maxIdent + 3]int64) {
	for n := 1; n < len(table); n++ {
		table[n] = int64(unit*math.Sqrt(1/float64(2*n)) + 0.5)
	}
	return table
}()

// frequencies[tf] is 1 + ln tf. A tf beyond the table counts as its last. The logarithm is a sum of ln(i/(i-1)) = 2
// artanh(1/(2i-1)), because math.Log has different code on some machines.
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

// scratch holds the memory for reading one text.
type scratch struct {
	table table
	sums  [localDimensions]int64
	keys  []uint64
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// maxKept is the number of words above which a scratch is not kept for the next text.
const maxKept = 1 << 15

func (s *scratch) release() {
	if cap(s.table.words) <= maxKept {
		scratches.Put(s)
	}
}

func (s *scratch) embed(text string, out []float32) {
	s.table.read(text)
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

// add adds weight to the dimension given by the upper half of the hash. The last bit of the lower half is the sign.
func (s *scratch) add(hash uint64, weight int64) {
	dimension := (hash >> 32) * localDimensions >> 32
	sign := int64(hash&1)<<1 - 1
	s.sums[dimension] += sign * weight
}

// Marks for the ends of a word. No folded letter equals them.
const (
	opening = 2
	closing = 3
)

// addGrams shares half of weight among the n-grams of 3 to 5 bytes.
func (s *scratch) addGrams(letters []byte, weight int64) {
	size := len(letters) + 2
	share := weight * shares[grams(size, 3)+grams(size, 4)+grams(size, 5)]
	last := uint64(opening) // the bytes so far, the latest in the lowest place
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

// grams returns the number of n-grams of a word of size bytes.
func grams(size, n int) int { return max(0, size-n+1) }

// normalize writes the sums as a vector of unit length. A text without words gets the vector of equal elements, which
// is as far from any other as two texts with nothing in common.
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
