package qdrant

import (
	"iter"
	"math/bits"
	"slices"
)

// bitset is a set of slots.
type bitset []uint64

func (b bitset) has(slot uint32) bool {
	word := int(slot >> 6)
	return word < len(b) && b[word]&(1<<(slot&63)) != 0
}

func (b bitset) set(slot uint32)   { b[slot>>6] |= 1 << (slot & 63) }
func (b bitset) clear(slot uint32) { b[slot>>6] &^= 1 << (slot & 63) }

// grown returns b with room for slots.
func (b bitset) grown(slots int) bitset {
	words := (slots + 63) / 64
	if words <= len(b) {
		return b
	}
	return append(slices.Grow(b, words-len(b)), make(bitset, words-len(b))...)
}

// and keeps the bits of b that are also in other. b must not be longer than other.
func (b bitset) and(other bitset) {
	for i := range b {
		if i < len(other) {
			b[i] &= other[i]
		} else {
			b[i] = 0
		}
	}
}

func (b bitset) or(other bitset) {
	for i, word := range other {
		b[i] |= word
	}
}

func (b bitset) andNot(other bitset) {
	for i, word := range other {
		b[i] &^= word
	}
}

func (b bitset) empty() bool {
	for _, word := range b {
		if word != 0 {
			return false
		}
	}
	return true
}

func (b bitset) count() int {
	n := 0
	for _, word := range b {
		n += bits.OnesCount64(word)
	}
	return n
}

// all yields the slots in order.
func (b bitset) all() iter.Seq[uint32] {
	return b.within(0, len(b))
}

// within yields the slots in the words from first up to, but not including, last.
func (b bitset) within(first, last int) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for i, word := range b[first:last] {
			for ; word != 0; word &= word - 1 {
				if !yield(uint32((first+i)<<6 + bits.TrailingZeros64(word))) {
					return
				}
			}
		}
	}
}

// all yields the slots of the listing in order.
func (l listing) all() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for slot := range l.set.all() {
			if !yield(l.base + slot) {
				return
			}
		}
		for _, slot := range l.slots {
			if !yield(l.base + uint32(slot)) {
				return
			}
		}
	}
}

// addTo adds the slots that are also in in to out. Both have the same length. The set of a listing begins at one of
// their words.
func (l listing) addTo(out, in bitset) {
	if l.set != nil {
		first := int(l.base >> 6)
		for i := range min(len(l.set), len(in)-first) {
			out[first+i] |= l.set[i] & in[first+i]
		}
		return
	}
	for _, slot := range l.slots {
		if at := l.base + uint32(slot); in.has(at) {
			out.set(at)
		}
	}
}
