package search

import (
	"math/bits"

	"github.com/google/uuid"
)

// siblingShare is the share of its score that a file's second chunk adds to the best one. The share of each further
// chunk is smaller by the same factor.
const siblingShare = 0.7

// siblings adds a part of the scores of a file's other candidates to the file's best one. The others get it only if
// several parts are wanted, so that a weak part of a good file does not come before other files. The list is ranked.
func siblings(q *question, list []candidate, part float64) {
	type file struct {
		best      *candidate
		next, sum float64
	}
	files := make(map[uuid.UUID]*file)
	for i := range list {
		c := &list[i]
		f := files[c.point.Document]
		if f == nil {
			files[c.point.Document] = &file{best: c, next: siblingShare}
			continue
		}
		f.sum += float64(f.next * float64(c.hit.Score))
		f.next *= siblingShare
	}
	for i := range list {
		c := &list[i]
		if f := files[c.point.Document]; q.parts || f.best == c {
			c.hit.Score += float32(part * f.sum)
		}
	}
}

// repeats multiplies the score of a file's second candidate by the factor, that of its third by the factor's square,
// and so on. The list is ranked.
func repeats(_ *question, list []candidate, factor float64) {
	files := make(map[uuid.UUID]float64)
	for i := range list {
		f, seen := files[list[i].point.Document]
		if !seen {
			f = 1
		}
		list[i].hit.Score *= float32(f)
		files[list[i].point.Document] = f * factor
	}
}

// gathered raises the best chunk of each file by the share of the query's terms that the file's chunks, among those
// that were read, hold together. So a file that holds all that is asked for, if in several places, comes before one
// that holds a part of it twice. A term weighs less the more of the chunks hold it. One that none holds weighs nothing,
// because the query may be a sentence of any language. The list is ranked.
func gathered(q *question, list []candidate, part float64) {
	if q.parts {
		return // the reader sees several chunks of a file anyway
	}
	var holders [mostTerms]int
	files := make(map[uuid.UUID]uint64)
	for i := range list {
		c := &list[i]
		set := c.terms | q.terms.in(termsIn(c.hit.Path))
		files[c.point.Document] |= set
		for rest := set; rest != 0; rest &= rest - 1 {
			holders[bits.TrailingZeros64(rest)]++
		}
	}
	weigh := func(set uint64) (sum int) {
		for ; set != 0; set &= set - 1 {
			sum += len(list) + 1 - holders[bits.TrailingZeros64(set)]
		}
		return sum
	}
	all := uint64(0)
	for _, set := range files {
		all |= set
	}
	if all == 0 {
		return
	}
	whole := float64(weigh(all))
	for i := range list {
		document := list[i].point.Document
		set, first := files[document]
		if !first {
			continue
		}
		delete(files, document)
		list[i].hit.Score *= float32(1 + float64(part*(float64(weigh(set))/whole)))
	}
}
