package embedder

import "slices"

// role is the strongest role in which a word occurred.
type role uint8

const (
	pair   role = iota // two parts in a row
	whole              // an identifier of several parts
	common             // a part with little meaning: a keyword, a letter, a number
	part               // any other part of an identifier
)

type word struct {
	hash  uint64
	count uint32
	at    uint32 // the start of the part in the table's letters
	size  uint8  // of the part
	role  role
}

// table counts words by their hash, in the order of their first occurrence. Words count as equal if their 64-bit
// hashes are equal. The odds of one mistake among the 10,000 words of a text are below 1 in 10^11.
type table struct {
	slots   []uint32 // index in words plus 1, by hash, with linear probing
	words   []word
	letters []byte // of the parts
}

const minSlots = 1024

func (t *table) reset() {
	switch {
	case len(t.slots) == 0:
		t.slots = make([]uint32, minSlots)
	case len(t.words) < len(t.slots)/fewInSlots:
		t.empty()
	default:
		clear(t.slots)
	}
	t.words, t.letters = t.words[:0], t.letters[:0]
}

// fewInSlots is the number of slots for each word from which on only the slots of the words are emptied, one by one. A
// table that has grown for a large text is mostly used for names afterwards.
const fewInSlots = 8

func (t *table) empty() {
	mask := uint64(len(t.slots) - 1)
	for i := range t.words {
		slot := t.words[i].hash & mask
		for t.slots[slot] != uint32(i+1) {
			slot = (slot + 1) & mask
		}
		t.slots[slot] = 0
	}
}

// add counts one occurrence of the word and returns the word. A new word is a pair. The pointer is valid until the
// next add.
func (t *table) add(hash uint64) *word {
	mask := uint64(len(t.slots) - 1)
	for slot := hash & mask; ; slot = (slot + 1) & mask {
		at := t.slots[slot]
		if at == 0 {
			t.words = append(t.words, word{hash: hash, count: 1})
			t.slots[slot] = uint32(len(t.words))
			if len(t.words) > len(t.slots)/2 {
				t.grow()
			}
			return &t.words[len(t.words)-1]
		}
		if w := &t.words[at-1]; w.hash == hash {
			w.count++
			return w
		}
	}
}

func (t *table) grow() {
	t.slots = make([]uint32, 4*len(t.slots))
	mask := uint64(len(t.slots) - 1)
	for i, w := range t.words {
		slot := w.hash & mask
		for t.slots[slot] != 0 {
			slot = (slot + 1) & mask
		}
		t.slots[slot] = uint32(i + 1)
	}
}

// spell stores the letters of a part.
func (t *table) spell(w *word, letters []byte) {
	w.at, w.size = uint32(len(t.letters)), uint8(len(letters))
	t.letters = append(t.letters, letters...)
}

// read fills the table with the words and pairs of a text, for the local model.
func (t *table) read(text string) {
	t.reset()
	lex := lexer{text: text}
	var last uint64 // the last part that is not common; 0 if there is none
	for lex.next() {
		if lex.parts > 1 {
			// A copy, because stem writes to a part that is read below.
			letters := lex.ident
			w := t.add(hashLetters(stem(letters[:lex.size])))
			w.role = max(w.role, whole)
		}
		start := 0
		for _, end := range lex.ends[:lex.parts] {
			letters := stem(lex.ident[start:end])
			start = int(end)
			hash := hashLetters(letters)
			w := t.add(hash)
			if w.role < common {
				w.role = roleOf(letters, hash)
				t.spell(w, letters)
			}
			if w.role == common {
				continue
			}
			if last != 0 {
				t.add(hashPair(last, hash))
			}
			last = hash
		}
	}
}

// readTerms fills the table with the terms of a text, and returns their number. Only the terms of a text that is no
// query include the single letters of scripts without blanks, which do not add to the number. In a query, terms that
// occur only as parts of keys have the count 0.
func (t *table) readTerms(text string, query bool) (n int) {
	t.reset()
	folds := newFolder()
	for rest := compose(text); rest != ""; {
		var part string
		var pairs bool
		if part, rest, pairs = cutScript(rest); pairs {
			n += t.addPairs(part, !query)
		} else {
			n += t.addWords(part, folds, query)
		}
	}
	return n
}

// addWords counts the identifiers of several parts in a text, and the parts.
func (t *table) addWords(text string, folds folder, query bool) (n int) {
	lex := lexer{text: text}
	for lex.next() {
		if lex.parts > 1 {
			letters := lex.ident // a copy, because stem and fold write to what is read below
			t.add(hashLetters(stem(folds.fold(letters[:lex.size]))))
			n++
		}
		start := 0
		for _, end := range lex.ends[:lex.parts] {
			w := t.add(hashLetters(stem(folds.fold(lex.ident[start:end]))))
			if query && lex.key() {
				w.count--
			}
			start = int(end)
		}
		n += lex.parts
	}
	return n
}

func roleOf(letters []byte, hash uint64) role {
	if len(letters) == 1 || classes[letters[0]] == digit {
		return common
	}
	if _, found := slices.BinarySearch(commonHashes, hash); found {
		return common
	}
	return part
}
