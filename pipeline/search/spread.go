package search

import "github.com/google/uuid"

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
