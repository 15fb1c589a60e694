package embedder

import "slices"

// TermsVersion is the version of [Terms]. Raise it whenever the terms of any text change. Term weights are stored under
// the version, and older ones are computed again beside the dense vector that is stored with them. This happens when a
// document is cut anew, so raise the chunker's version as well.
const TermsVersion = 2

// The constants of BM25, in the ranges of S. Robertson and H. Zaragoza ("The probabilistic relevance framework: BM25
// and beyond", FnTIR 3(4), 2009): k1 from 1.2 to 2, b from 0.5 to 0.8. docs/quality.md says how b was chosen.
const (
	bm25K1 = 1.2
	bm25B  = 0.5
)

// averageTerms stands for the mean number of terms of a chunk. The true mean changes with every document, and weights
// that changed with it would have to be stored anew. With a constant, the terms of a chunk are a pure function of its
// text. The means of the packages of the Go and Python standard libraries are between 155 and 240.
const averageTerms = 180

// Terms returns the BM25 weights of the terms of a text, without the inverse document frequency, which the index
// applies. A term that occurs tf times among the len terms of the text has the weight
//
//	tf (k1 + 1) / (tf + k1 (1 - b + b len/averageTerms))
//
// The terms are the parts of identifiers, and whole identifiers of several parts. Compatibility forms, case and accents
// are folded, and plurals are stemmed. In scripts without blanks, such as Chinese, Japanese and Thai, and in Korean,
// the terms are every two letters in a row, and single letters, which do not add to len. The index of a term is half of
// its 64-bit hash. Among a million different terms, each has odds of 1 in 4,300 to share its index with another, and
// about 116 pairs do. Terms of one text that share an index are summed.
func Terms(text string) Sparse {
	return sparse(text, false, func(tf, length int) float32 {
		f := float64(tf)
		norm := 1 - bm25B + float64(bm25B*float64(length)/averageTerms)
		return float32(float64(f*(bm25K1+1)) / (f + float64(bm25K1*norm)))
	})
}

// keyPart is the weight of a part of a key in a query. A key is a hash, a number in hexadecimal or the like. It has
// some ten to twenty parts, such as 9063 and da, which occur everywhere in code. Together they weigh about as much as
// one word, so that the text that holds the key comes first, and a key that was cut short still finds something.
const keyPart = 1. / 16

// QueryTerms returns the terms of a query, each with weight 1, and the parts of keys with weight 1/16. Their dot
// product with [Terms] is the BM25 score, without the inverse document frequency. A query in a script without blanks
// has single letters only where one stands alone.
func QueryTerms(text string) Sparse {
	return sparse(text, true, func(tf, _ int) float32 {
		if tf == 0 {
			return keyPart
		}
		return 1
	})
}

// AppendQueryTerms appends the indices of [QueryTerms] to an empty list, without the parts of keys. It allocates
// nothing else.
func AppendQueryTerms(list []uint32, text string) []uint32 {
	s := scratches.Get().(*scratch)
	defer s.release()
	s.table.readTerms(text, true)
	for i := range s.table.words {
		if w := &s.table.words[i]; w.count > 0 {
			list = append(list, uint32(w.hash>>32))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func sparse(text string, query bool, weigh func(tf, length int) float32) Sparse {
	s := scratches.Get().(*scratch)
	defer s.release()
	length := s.table.readTerms(text, query)
	keys := s.keys[:0] // the index in the upper half and the count in the lower, to be sorted as numbers
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
