package chunk

import (
	"bytes"
	"slices"
)

// lineIndex finds the lines of places in any order. It reads the text once, at the first
// question.
type lineIndex struct {
	text  []byte
	ends  []int // behind each newline
	ready bool
}

// at returns the line, from 1, that holds the byte at i.
func (x *lineIndex) at(i int) int {
	if !x.ready {
		for end := 0; ; {
			n := bytes.IndexByte(x.text[end:], '\n')
			if n < 0 {
				break
			}
			end += n + 1
			x.ends = append(x.ends, end)
		}
		x.ready = true
	}
	n, found := slices.BinarySearch(x.ends, i)
	if found {
		n++
	}
	return n + 1
}

// symbols returns the definitions of which a span holds a part, with their lines
// as far as they are in it.
func (x *lineIndex) symbols(names []name, span place, first, last int) []Symbol {
	var list []Symbol
	size := 0
	for _, n := range names {
		if n.symbol == "" || n.symbol == "_" || n.end <= span.start && n.start < span.start || n.start >= span.end {
			continue
		}
		full := join(n.path, clip(n.symbol, MaxSymbol)) // of few: most names are of other spans
		if size += len(full); len(list) == MaxSymbols || size > maxSymbolBytes {
			break
		}
		start := min(max(x.at(max(n.start, span.start)), first), last)
		list = append(list, Symbol{full, start, min(max(x.at(min(max(n.end-1, n.start), span.end-1)), start), last)})
	}
	return list
}
