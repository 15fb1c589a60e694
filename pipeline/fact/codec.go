package fact

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// form is the first byte of an encoded set.
const form = 1

// MaxEncoded bounds an encoded set, in bytes. It is the size of a set that reaches all bounds.
const MaxEncoded = 64 << 20

// Encode returns the stored form of a set. Numbers are varints, a place is the distance
// from the previous one, and a repeated string is written as its number. Equal sets have
// equal forms.
func Encode(s *Set) []byte {
	e := encoder{known: make(map[string]int, 1+3*len(s.Definitions)+len(s.References)/4)}
	e.set(s)
	return e.out
}

func (e *encoder) set(s *Set) {
	e.out = append(slices.Grow(e.out, 64+64*len(s.Definitions)+10*len(s.References)), form)
	e.bool(s.Cut)
	e.text(s.Package)
	e.number(len(s.Imports))
	for _, i := range s.Imports {
		e.text(i.Module)
		e.text(i.Name)
		e.text(i.Local)
		e.number(i.Line)
	}
	e.number(len(s.Definitions))
	at := 0
	for _, d := range s.Definitions {
		e.out = append(e.out, byte(d.Kind), byte(d.Visibility))
		e.text(d.Name)
		e.text(d.Qualified)
		e.signed(d.Start - at)
		e.number(d.End - d.Start)
		e.number(d.StartLine)
		e.number(d.EndLine - d.StartLine)
		e.number(d.Line - d.StartLine)
		e.text(d.Signature)
		e.text(d.Doc)
		e.text(d.Type)
		e.number(len(d.Bases))
		for _, b := range d.Bases {
			e.text(b)
		}
		at = d.Start
	}
	e.number(len(s.References))
	at, line := 0, 0
	for _, r := range s.References {
		e.out = append(e.out, byte(r.Role))
		e.text(r.Name)
		e.text(r.Receiver)
		e.signed(r.Start - at)
		e.number(r.End - r.Start)
		e.signed(r.Line - line)
		e.number(r.Within + 1)
		at, line = r.Start, r.Line
	}
}

type encoder struct {
	out   []byte
	known map[string]int // the numbers of strings, except the empty one
	empty int            // 0: it has not come yet
	count int            // of strings
}

func (e *encoder) number(n int) { e.out = binary.AppendUvarint(e.out, uint64(n)) }
func (e *encoder) signed(n int) { e.out = binary.AppendVarint(e.out, int64(n)) }

func (e *encoder) bool(b bool) {
	n := byte(0)
	if b {
		n = 1
	}
	e.out = append(e.out, n)
}

// text writes the number of a string that came before, or 0 and the string.
func (e *encoder) text(s string) {
	if s == "" && e.empty > 0 {
		e.number(e.empty)
		return
	}
	if n, ok := e.known[s]; ok {
		e.number(n)
		return
	}
	e.count++
	if s == "" {
		e.empty = e.count
	} else {
		e.known[s] = e.count
	}
	e.number(0)
	e.number(len(s))
	e.out = append(e.out, s...)
}

var errForm = errors.New("the facts make no sense")

// Decode reads what Encode has written. It accepts nothing that breaks a bound
// or the order of a set, and takes memory in proportion to the bytes.
func Decode(b []byte) (*Set, error) {
	if len(b) == 0 || b[0] != form || len(b) > MaxEncoded {
		return nil, fmt.Errorf("%w: %d bytes in no known form", errForm, len(b))
	}
	d := decoder{rest: b[1:]}
	s := &Set{Cut: d.byte(1) == 1, Package: d.text(MaxName)}
	d.imports(s)
	d.definitions(s)
	d.references(s)
	if d.bad || len(d.rest) > 0 {
		return nil, fmt.Errorf("%w: %d bytes are left", errForm, len(d.rest))
	}
	return s, nil
}

type decoder struct {
	rest  []byte
	texts []string
	bad   bool
}

func (d *decoder) fail() { d.bad, d.rest = true, nil }

func (d *decoder) byte(most byte) byte {
	if len(d.rest) == 0 || d.rest[0] > most {
		d.fail()
		return 0
	}
	b := d.rest[0]
	d.rest = d.rest[1:]
	return b
}

// maxNumber is above every place and line of a text.
const maxNumber = 1 << 30

func (d *decoder) number(most int) int {
	n, size := binary.Uvarint(d.rest)
	if size <= 0 || n > uint64(most) {
		d.fail()
		return 0
	}
	d.rest = d.rest[size:]
	return int(n)
}

// after reads a distance from a place, and returns the place to which it leads.
func (d *decoder) after(at int) int {
	n, size := binary.Varint(d.rest)
	if size <= 0 || n > maxNumber || n < -maxNumber || int(n)+at < 0 || int(n)+at > maxNumber {
		d.fail()
		return 0
	}
	d.rest = d.rest[size:]
	return at + int(n)
}

func (d *decoder) text(most int) string {
	if n := d.number(len(d.texts)); n > 0 {
		if len(d.texts[n-1]) > most {
			d.fail()
		}
		return d.texts[n-1]
	} else if d.bad {
		return ""
	}
	n := d.number(most)
	if n > len(d.rest) {
		d.fail()
		return ""
	}
	s := string(d.rest[:n])
	d.rest = d.rest[n:]
	d.texts = append(d.texts, s)
	return s
}

// count reads the length of a list, each item of which takes so many bytes or more.
func (d *decoder) count(most, least int) int {
	n := d.number(most)
	if n*least > len(d.rest) {
		d.fail()
		return 0
	}
	return n
}

func (d *decoder) imports(s *Set) {
	n := d.count(MaxImports, 4)
	s.Imports = make([]Import, 0, n)
	for range n {
		i := Import{Module: d.text(MaxName), Name: d.text(MaxName), Local: d.text(MaxName), Line: d.number(maxNumber)}
		if d.bad {
			return
		}
		s.Imports = append(s.Imports, i)
	}
}

func (d *decoder) definitions(s *Set) {
	n := d.count(MaxDefinitions, 13)
	s.Definitions = make([]Definition, 0, n)
	at := 0
	for range n {
		f := Definition{Kind: Kind(d.byte(byte(lastKind))), Visibility: Visibility(d.byte(byte(lastVisibility)))}
		f.Name, f.Qualified = d.text(MaxName), d.text(MaxName)
		f.Start = d.after(at)
		f.End = f.Start + d.number(maxNumber)
		f.StartLine = d.number(maxNumber)
		f.EndLine = f.StartLine + d.number(maxNumber)
		f.Line = f.StartLine + d.number(maxNumber)
		f.Signature, f.Doc, f.Type = d.text(MaxSignature), d.text(MaxSentence), d.text(MaxExpression)
		for range d.count(maxBases, 1) {
			f.Bases = append(f.Bases, d.text(MaxExpression))
		}
		if f.Kind == 0 || f.Visibility == 0 {
			d.fail()
		}
		if d.bad {
			return
		}
		at = f.Start
		s.Definitions = append(s.Definitions, f)
	}
}

func (d *decoder) references(s *Set) {
	n := d.count(MaxReferences, 7)
	s.References = make([]Reference, 0, n)
	at, line := 0, 0
	for range n {
		r := Reference{Role: Role(d.byte(byte(lastRole))), Name: d.text(MaxName), Receiver: d.text(MaxExpression)}
		r.Start = d.after(at)
		r.End = r.Start + d.number(maxNumber)
		r.Line = d.after(line)
		r.Within = d.number(len(s.Definitions)) - 1
		if r.Role == 0 {
			d.fail()
		}
		if d.bad {
			return
		}
		at, line = r.Start, r.Line
		s.References = append(s.References, r)
	}
}
