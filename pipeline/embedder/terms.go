package embedder

import "slices"

// BM25's constants, as S. Robertson and H. Zaragoza recommend them ("The
// probabilistic relevance framework: BM25 and beyond", FnTIR 3(4), 2009: k1
// from 1.2 to 2, b from 0.5 to 0.8) and Lucene has them.
const (
	bm25K1 = 1.2
	bm25B  = 0.75
)

// averageTerms stands for the mean number of terms of a chunk. The true mean
// moves with every document, and a weight that moved with it would have to be
// stored anew; a constant keeps a chunk's terms a pure function of its text.
// The means of the chunks of the Go and Python standard libraries, package by
// package, are from 155 to 240.
const averageTerms = 180

// Terms returns the BM25 weights of the text's terms without the inverse
// document frequency, which the index applies. A term that occurs tf times
// among the text's len terms has the weight
//
//	tf (k1 + 1) / (tf + k1 (1 - b + b len/averageTerms))
//
// Terms are the parts of identifiers, and identifiers of several parts as a
// whole, case folded and plurals stemmed. A term's index is half of its 64-bit
// hash: among a million different terms each has odds of 1 in 4,300 to share
// its index with another, and some 116 pairs do; those of one text are summed.
func Terms(text string) Sparse {
	return sparse(text, func(tf, length int) float32 {
		f := float64(tf)
		norm := 1 - bm25B + float64(bm25B*float64(length)/averageTerms)
		return float32(float64(f*(bm25K1+1)) / (f + float64(bm25K1*norm)))
	})
}

// QueryTerms returns the terms of a question, each with weight 1, to be
// multiplied with those of [Terms].
func QueryTerms(text string) Sparse {
	return sparse(text, func(int, int) float32 { return 1 })
}

func sparse(text string, weigh func(tf, length int) float32) Sparse {
	s := scratches.Get().(*scratch)
	defer s.release()
	length := s.table.read(text, false)
	keys := s.keys[:0] // a term's index above, its count below: sorted as numbers
	for _, w := range s.table.words {
		keys = append(keys, w.hash>>32<<32|uint64(w.count))
	}
	slices.Sort(keys)
	s.keys = keys
	terms := Sparse{make([]uint32, 0, len(keys)), make([]float32, 0, len(keys))}
	for i := 0; i < len(keys); {
		index, tf := uint32(keys[i]>>32), 0
		for ; i < len(keys) && uint32(keys[i]>>32) == index; i++ {
			tf += int(uint32(keys[i]))
		}
		terms.Indices = append(terms.Indices, index)
		terms.Values = append(terms.Values, weigh(tf, length))
	}
	return terms
}
