package qdrant

import "slices"

// postings is the inverted index of the sparse vectors in a run of slots. It has for each term the slots within the
// block that have it, in order, and their weights.
type postings struct {
	terms   []uint32 // ascending
	ends    []uint32 // the end of each term's slots
	slots   []uint16
	weights []float32
}

// posting is the part of a run that belongs to one term.
type posting struct {
	slots   []uint16
	weights []float32
}

// of returns the posting of a term, which is empty if no slot has it.
func (p *postings) of(term uint32) posting {
	place, found := slices.BinarySearch(p.terms, term)
	if !found {
		return posting{}
	}
	return posting{cut(p.slots, p.ends, place), cut(p.weights, p.ends, place)}
}

// entry is one term of a slot.
type entry struct {
	term   uint32
	weight float32
	slot   uint16
}

// newPostings makes an index of entries, whose slots are in order. It changes the list.
func newPostings(list []entry) postings {
	list = sortByTerm(list)
	p := postings{slots: make([]uint16, len(list)), weights: make([]float32, len(list))}
	for i, e := range list {
		p.slots[i], p.weights[i] = e.slot, e.weight
		if i+1 == len(list) || list[i+1].term != e.term {
			p.terms, p.ends = append(p.terms, e.term), append(p.ends, uint32(i+1))
		}
	}
	return p
}

// sortByTerm sorts by digits of 11 bits, the lowest first. It keeps the order of entries with the same term.
func sortByTerm(list []entry) []entry {
	const digits, digitBits = 3, 11
	other := make([]entry, len(list))
	for digit := range digits {
		var places [1 << digitBits]uint32
		shift := digit * digitBits
		for i := range list {
			places[list[i].term>>shift&(1<<digitBits-1)]++
		}
		next := uint32(0)
		for i, count := range places {
			places[i], next = next, next+count
		}
		for i := range list {
			place := &places[list[i].term>>shift&(1<<digitBits-1)]
			other[*place] = list[i]
			*place++
		}
		list, other = other, list
	}
	return list
}

// joined returns one index for runs that follow each other.
func joined(runs []postings) postings {
	if len(runs) == 1 {
		return runs[0]
	}
	total := 0
	for _, run := range runs {
		total += len(run.slots)
	}
	list := make([]entry, 0, total)
	for _, run := range runs {
		at := 0
		for place, term := range run.terms {
			for ; at < int(run.ends[place]); at++ {
				list = append(list, entry{term, run.weights[at], run.slots[at]})
			}
		}
	}
	return newPostings(list)
}
