package fact

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"strings"
	"unsafe"
)

// word is the number of a string in a vocabulary.
type word uint32

// The first words of every vocabulary.
const (
	noWord      word = iota // ""
	unknownWord             // unknown
)

// marks say what is known of a word, by its letters or because it was noted.
type marks uint8

const (
	markName    marks = 1 << iota // may be the name of a reference
	markFits                      // may be an expression
	markList                      // is an expression of a list
	markRead                      // those before are known
	markAsked                     // markBuiltin is known
	markBuiltin                   // is a name that no text defines
	markModule                    // is the name of an imported module here
	markSeen                      // is the qualified name of a variable or field that was defined
)

type entry struct {
	text   string
	hash   uint32
	number int32 // in the encoded form; 0: it has none yet
	inner  int32 // 1 + the place of its innermost binding; 0: it has none
	marks  marks
}

// vocabulary holds the strings of a text, each once. Most names of a text come many times. Each
// time costs one look-up, and all that is known of the name then lies in one place.
type vocabulary struct {
	seed    maphash.Seed
	secret  [2]uint64 // of the seed
	slots   []word    // by hash; noWord: free
	entries []entry
	room    []byte // for strings that stand nowhere else
	joined  [1 << 9]joint
	buffer  []byte
}

// joint is an expression with one more step. The last ones are kept by their hash, because the
// same few come again and again.
type joint struct{ of, name, whole word }

func newVocabulary() *vocabulary {
	v := &vocabulary{seed: maphash.MakeSeed(), slots: make([]word, 1<<8)}
	v.secret = [2]uint64{maphash.String(v.seed, "first"), maphash.String(v.seed, "second")}
	v.begin()
	return v
}

func (v *vocabulary) begin() {
	v.entries = append(v.entries, entry{marks: markFits | markRead | markAsked})
	v.word(unknown)
}

// clear forgets all words, but keeps the room.
func (v *vocabulary) clear() {
	if most := 8 * len(v.entries); most < len(v.slots) { // the next text is likely to be as small
		v.slots = v.slots[:max(1<<8, 1<<bits.Len(uint(most)))]
	}
	clear(v.slots)
	clear(v.entries)
	clear(v.joined[:])
	v.room = v.room[:0]
	v.entries = v.entries[:0]
	v.begin()
}

func (v *vocabulary) text(w word) string { return v.entries[w].text }

func (v *vocabulary) has(w word, m marks) bool {
	e := &v.entries[w]
	if e.marks&markRead == 0 {
		e.marks |= markRead | marksOf(e.text)
	}
	return e.marks&m != 0
}

func (v *vocabulary) mark(w word, m marks) { v.entries[w].marks |= m }

// word returns the word of a string.
func (v *vocabulary) word(s string) word {
	if s == "" {
		return noWord
	}
	hash, at := v.find(s)
	if w := v.slots[at]; w != noWord {
		return w
	}
	return v.add(s, hash, at)
}

// bytes does what word does for bytes. It copies them if they are new.
func (v *vocabulary) bytes(b []byte) word {
	if len(b) == 0 {
		return noWord
	}
	s := unsafe.String(unsafe.SliceData(b), len(b)) // until the end of this call
	hash, at := v.find(s)
	if w := v.slots[at]; w != noWord {
		return w
	}
	if cap(v.room)-len(v.room) < len(b) { // the strings keep the old room
		v.room = make([]byte, 0, max(len(b), 1<<12, min(2*cap(v.room), 1<<16)))
	}
	begin := len(v.room)
	v.room = append(v.room, b...)
	return v.add(unsafe.String(&v.room[begin], len(b)), hash, at)
}

// find returns the hash of a string, and the slot that holds it or that is free for it.
func (v *vocabulary) find(s string) (hash uint32, at int) {
	hash = v.hash(s)
	for at = v.slot(hash); v.slots[at] != noWord; at = v.after(at) {
		if e := &v.entries[v.slots[at]]; e.hash == hash && e.text == s {
			break
		}
	}
	return hash, at
}

// hash returns the hash of a string. It depends on a secret, so that nobody can write a text
// whose names all have the same one. Most names are short enough for two numbers.
func (v *vocabulary) hash(s string) uint32 {
	var a, b uint64
	switch n := len(s); {
	case n > 16:
		return uint32(maphash.String(v.seed, s))
	case n >= 8:
		a, b = binary.LittleEndian.Uint64([]byte(s)), binary.LittleEndian.Uint64([]byte(s[n-8:]))
	case n >= 4:
		a, b = uint64(binary.LittleEndian.Uint32([]byte(s))), uint64(binary.LittleEndian.Uint32([]byte(s[n-4:])))
	default:
		a = uint64(s[0])<<16 | uint64(s[n/2])<<8 | uint64(s[n-1])
	}
	high, low := bits.Mul64(a^v.secret[0], b^v.secret[1]^uint64(len(s)))
	return uint32(high>>32) ^ uint32(low) ^ uint32(high)
}

func (v *vocabulary) slot(hash uint32) int { return int(hash) & (len(v.slots) - 1) }

func (v *vocabulary) after(at int) int { return (at + 1) & (len(v.slots) - 1) }

func (v *vocabulary) add(s string, hash uint32, at int) word {
	w := word(len(v.entries))
	v.entries = append(v.entries, entry{text: s, hash: hash})
	v.slots[at] = w
	if 2*len(v.entries) > len(v.slots) {
		v.grow()
	}
	return w
}

func (v *vocabulary) grow() {
	v.slots = make([]word, 2*len(v.slots))
	for w := unknownWord; int(w) < len(v.entries); w++ {
		at := v.slot(v.entries[w].hash)
		for v.slots[at] != noWord {
			at = v.after(at)
		}
		v.slots[at] = w
	}
}

func marksOf(s string) (m marks) {
	if strings.HasPrefix(s, "[]") {
		m = markList
	}
	if len(s) > max(MaxName, MaxExpression) || !storable(s) {
		return m
	}
	if len(s) <= MaxName && s != "_" {
		m |= markName
	}
	if len(s) <= MaxExpression {
		m |= markFits
	}
	return m
}

// The steps that are no members. They are numbers that no word has.
const (
	stepElement word = ^word(0) - iota
	stepCall
	stepList // no step: the whole is a list
)

// member adds the step to a member to an expression.
func (v *vocabulary) member(of, name word) word {
	if of == noWord || of == unknownWord {
		return unknownWord
	}
	j := v.joint(of, name)
	if j.of != of || j.name != name {
		*j = joint{of, name, v.join(of, ".", v.text(name))}
	}
	return j.whole
}

// element adds the step to an element, and call the step of a call. list makes an expression
// that of a list.
func (v *vocabulary) element(of word) word { return v.step(of, stepElement, "[]") }

func (v *vocabulary) call(of word) word { return v.step(of, stepCall, "()") }

func (v *vocabulary) list(of word) word { return v.step(of, stepList, "") }

func (v *vocabulary) step(of, by word, text string) word {
	if of == noWord || of == unknownWord {
		return unknownWord
	}
	j := v.joint(of, by)
	if j.of == of && j.name == by {
		return j.whole
	}
	var whole word
	switch {
	case by == stepList:
		v.buffer = append(append(v.buffer[:0], "[]"...), v.text(of)...)
		whole = v.bytes(v.buffer)
	case by == stepElement && v.has(of, markList):
		whole = v.word(strings.TrimPrefix(v.text(of), "[]"))
	default:
		whole = v.join(of, text, "")
	}
	*j = joint{of, by, whole}
	return whole
}

func (v *vocabulary) joint(of, name word) *joint {
	return &v.joined[(uint32(of)*0x9e3779b1+uint32(name)*0x85ebca6b)>>23]
}

// join adds a step to an expression. The result is unknown if it would be too long, or if the
// expression is that of a list.
func (v *vocabulary) join(of word, point, name string) word {
	before := v.text(of)
	if strings.HasPrefix(before, "[]") || len(before)+len(point)+len(name) > MaxExpression {
		return unknownWord
	}
	v.buffer = append(append(append(v.buffer[:0], before...), point...), name...)
	return v.bytes(v.buffer)
}

// squeeze appends a text with one blank for each run of white space, and none around it. It
// returns false if the text has more than printable ASCII, which shorten deals with.
func squeeze(out, text []byte) ([]byte, bool) {
	for _, b := range text {
		switch {
		case b > '~' || b < ' ' && (b < '\t' || b > '\r'):
			return out, false
		case b > ' ':
			out = append(out, b)
		case len(out) > 0 && out[len(out)-1] != ' ':
			out = append(out, ' ')
		}
	}
	if n := len(out); n > 0 && out[n-1] == ' ' {
		out = out[:n-1]
	}
	return out, true
}
