package secret

import (
	"cmp"
	"slices"
	"sync"
)

// keyword is a text around which a matcher looks for a secret.
type keyword struct {
	word string // in lower case, but found in any case
	rule string
	// match looks around text[at:end], which is the keyword in any case. If there is no secret, the span says only how
	// much was read.
	match func(text []byte, at, end int) (span, bool)
}

// width is the number of classes of bytes in the scanner's table. It is greater than the number of different bytes in
// keywords. It is not a power of two, because rows of such a size would share a few lines of the processor's cache.
const width = 57

// scanner finds all keywords in one pass. It is the automaton of Aho and Corasick ("Efficient String Matching", 1975),
// with the failure links resolved into a table. It takes one look-up for each byte, whatever the text.
type scanner struct {
	class  [256]uint8
	next   []uint32     // state + class → state; states are multiples of width
	ending uint32       // the first state at which a keyword ends
	found  [][]*keyword // by state/width - ending/width
}

var keywords = sync.OnceValue(func() *scanner { return newScanner(rules()) })

// scan calls each for every keyword in the text, until each returns false.
func (s *scanner) scan(text []byte, each func(k *keyword, at int) bool) {
	state := uint32(0)
	for i, b := range text {
		state = s.next[state+uint32(s.class[b])]
		if state < s.ending {
			continue
		}
		for _, k := range s.found[(state-s.ending)/width] {
			if !each(k, i+1-len(k.word)) {
				return
			}
		}
	}
}

// node is a state while the table is built.
type node struct {
	next  [width]int // 0 stands for none, or for the root
	fail  int
	depth int
	found []*keyword
}

func newScanner(list []keyword) *scanner {
	s := &scanner{}
	classes := s.classify(list)
	if classes >= width {
		panic("secret: keywords have more different bytes than the table has room for")
	}
	nodes := []node{{}}
	for i := range list {
		at := 0
		for _, b := range []byte(list[i].word) {
			c := s.class[b]
			if nodes[at].next[c] == 0 {
				nodes[at].next[c] = len(nodes)
				nodes = append(nodes, node{depth: nodes[at].depth + 1})
			}
			at = nodes[at].next[c]
		}
		nodes[at].found = append(nodes[at].found, &list[i])
	}
	resolve(nodes)
	s.table(nodes)
	return s
}

// frequent lists letters by their frequency in texts, so that the entries of a row that are looked up most lie
// together.
const frequent = "etaoinsrlcdupmhgfbvykwxqjz_"

// classify numbers the bytes of keywords from 1, and returns the last number.
func (s *scanner) classify(list []keyword) uint8 {
	var used class
	for _, k := range list {
		for _, b := range []byte(k.word) {
			used[b] = true
		}
	}
	classes := uint8(0)
	add := func(b byte) {
		if used[b] && s.class[b] == 0 {
			classes++
			s.class[b] = classes
			if 'a' <= b && b <= 'z' {
				s.class[b-'a'+'A'] = classes
			}
		}
	}
	for _, b := range []byte(frequent) {
		add(b)
	}
	for b := range used {
		add(byte(b))
	}
	return classes
}

// resolve gives each state its successor for every class, breadth first.
func resolve(nodes []node) {
	var queue []int
	for _, child := range nodes[0].next {
		if child != 0 {
			queue = append(queue, child)
		}
	}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		fail := nodes[at].fail
		nodes[at].found = append(nodes[at].found, nodes[fail].found...)
		for c, child := range nodes[at].next {
			if child == 0 {
				nodes[at].next[c] = nodes[fail].next[c]
				continue
			}
			nodes[child].fail = nodes[fail].next[c]
			queue = append(queue, child)
		}
	}
}

// table numbers the states. States that end a keyword come last, and the most visited states lie side by side.
func (s *scanner) table(nodes []node) {
	order := make([]int, len(nodes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(min(len(nodes[a].found), 1)-min(len(nodes[b].found), 1), nodes[a].depth-nodes[b].depth)
	})
	state := make([]uint32, len(nodes))
	for i, n := range order {
		state[n] = uint32(i * width)
	}
	s.next = make([]uint32, len(nodes)*width)
	for i, n := range order {
		for c, to := range nodes[n].next {
			s.next[i*width+c] = state[to]
		}
		if found := nodes[n].found; len(found) > 0 {
			if len(s.found) == 0 {
				s.ending = uint32(i * width)
			}
			s.found = append(s.found, found)
		}
	}
}
