package search

import "github.com/google/uuid"

// siblingShare is what a file's second chunk adds to its others, of what its
// first would; the third adds this share of that, and so on.
const siblingShare = 0.7

// siblings adds to each candidate a part of the scores of its file's others.
// The list is in order.
func siblings(list []candidate, part float64) {
	type file struct{ next, sum float64 }
	files := make(map[uuid.UUID]*file)
	for i := range list {
		f := files[list[i].point.Document]
		if f == nil {
			files[list[i].point.Document] = &file{next: siblingShare}
			continue
		}
		f.sum += float64(f.next * float64(list[i].hit.Score))
		f.next *= siblingShare
	}
	for i := range list {
		list[i].hit.Score += float32(part * files[list[i].point.Document].sum)
	}
}

// repeats multiplies the score of a file's second candidate by the factor, of
// its third by the factor's square, and so on. The list is in order.
func repeats(list []candidate, factor float64) {
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
