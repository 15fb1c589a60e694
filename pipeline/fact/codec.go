package fact

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
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
	c := &collector{scopes: scopes{vocabulary: newVocabulary()}, packageName: s.Package, modules: s.Imports, cut: s.Cut}
	for _, d := range s.Definitions {
		f := definition{
			name: c.word(d.Name), qualified: c.word(d.Qualified), signature: c.word(d.Signature), doc: c.word(d.Doc), typ: c.word(d.Type),
			kind: d.Kind, visibility: d.Visibility, start: int32(d.Start), end: int32(d.End),
			startLine: int32(d.StartLine), endLine: int32(d.EndLine), line: int32(d.Line),
		}
		for _, b := range d.Bases {
			f.bases = append(f.bases, c.word(b))
		}
		c.definitions = append(c.definitions, f)
	}
	for _, r := range s.References {
		c.references = append(c.references, reference{
			name: c.word(r.Name), receiver: c.word(r.Receiver), start: int32(r.Start), size: int32(r.End - r.Start), line: int32(r.Line),
			within: int32(r.Within), role: r.Role,
		})
	}
	c.form.set(c)
	return c.form.out
}

type encoder struct {
	out   []byte
	words []entry // which hold the numbers of strings
	count int     // of strings
}

func (e *encoder) set(c *collector) {
	e.words = c.entries
	e.out = append(slices.Grow(e.out, 64+64*len(c.definitions)+10*len(c.references)), form)
	e.bool(c.cut)
	e.literal(c, c.packageName)
	e.number(len(c.modules))
	for _, i := range c.modules {
		e.literal(c, i.Module)
		e.literal(c, i.Name)
		e.literal(c, i.Local)
		e.number(i.Line)
	}
	e.number(len(c.definitions))
	at := 0
	for i := range c.definitions {
		e.definition(&c.definitions[i], at)
		at = int(c.definitions[i].start)
	}
	e.number(len(c.references))
	var start, line int32
	out := e.out // which a loop of so many steps keeps at hand
	for i := range c.references {
		r := &c.references[i]
		out = append(out, byte(r.role))
		out = e.appendText(out, r.name)
		out = e.appendText(out, r.receiver)
		out = appendSigned(out, int(r.start-start))
		out = appendNumber(out, int(r.size))
		out = appendSigned(out, int(r.line-line))
		out = appendNumber(out, int(r.within)+1)
		start, line = r.start, r.line
	}
	e.out = out
}

func (e *encoder) definition(d *definition, at int) {
	e.out = append(e.out, byte(d.kind), byte(d.visibility))
	e.text(d.name)
	e.text(d.qualified)
	e.signed(int(d.start) - at)
	e.number(int(d.end - d.start))
	e.number(int(d.startLine))
	e.number(int(d.endLine - d.startLine))
	e.number(int(d.line - d.startLine))
	e.text(d.signature)
	e.text(d.doc)
	e.text(d.typ)
	e.number(len(d.bases))
	for _, b := range d.bases {
		e.text(b)
	}
}

func appendNumber(out []byte, n int) []byte {
	if uint(n) < 0x80 {
		return append(out, byte(n))
	}
	return binary.AppendUvarint(out, uint64(n))
}

func appendSigned(out []byte, n int) []byte { return appendNumber(out, n<<1^n>>(bits.UintSize-1)) }

func (e *encoder) number(n int) { e.out = appendNumber(e.out, n) }
func (e *encoder) signed(n int) { e.out = appendSigned(e.out, n) }
func (e *encoder) text(w word)  { e.out = e.appendText(e.out, w) }

func (e *encoder) bool(b bool) {
	n := byte(0)
	if b {
		n = 1
	}
	e.out = append(e.out, n)
}

// appendText writes the number of a string that came before, or 0 and the string.
func (e *encoder) appendText(out []byte, w word) []byte {
	known := &e.words[w]
	if known.number > 0 {
		return appendNumber(out, int(known.number))
	}
	e.count++
	known.number = int32(e.count)
	out = appendNumber(append(out, 0), len(known.text))
	return append(out, known.text...)
}

// literal is text of a string that is not yet a word.
func (e *encoder) literal(c *collector, s string) {
	w := c.word(s)
	e.words = c.entries
	e.text(w)
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
