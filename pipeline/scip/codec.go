package scip

import (
	"encoding/binary"
	"errors"
)

// The first byte of a stored document. A document without relations has the older form, so that
// indexes without any keep their hash.
const (
	plain         = 1
	withRelations = 2
)

// Encode returns the stored form of a document, without its path.
func Encode(d Document) []byte {
	out := []byte{plain, byte(d.Encoding)}
	if len(d.Relations) > 0 {
		out[0] = withRelations
	}
	out = binary.AppendUvarint(out, uint64(len(d.Occurrences)))
	known := make(map[string]int)
	add := func(symbol string) {
		if n, ok := known[symbol]; ok {
			out = binary.AppendUvarint(out, uint64(n))
			return
		}
		known[symbol] = len(known) + 1
		out = append(out, 0)
		out = binary.AppendUvarint(out, uint64(len(symbol)))
		out = append(out, symbol...)
	}
	line := 0
	for _, o := range d.Occurrences {
		out = append(out, byte(o.Roles))
		out = binary.AppendVarint(out, int64(o.Line-line))
		out = binary.AppendUvarint(out, uint64(o.Start))
		out = binary.AppendUvarint(out, uint64(o.End-o.Start))
		line = o.Line
		add(o.Symbol)
	}
	if len(d.Relations) == 0 {
		return out
	}
	out = binary.AppendUvarint(out, uint64(len(d.Relations)))
	for _, r := range d.Relations {
		out = append(out, byte(r.Kinds))
		add(r.Symbol)
		add(r.To)
	}
	return out
}

var errForm = errors.New("the stored document of an index makes no sense")

// Decode reads what Encode has written.
func Decode(b []byte) (d Document, err error) {
	if len(b) < 2 || b[0] != plain && b[0] != withRelations || b[1] > byte(lastEncoding) {
		return d, errForm
	}
	d.Encoding = Encoding(b[1])
	s := stored{rest: b[2:]}
	n := s.number(MaxOccurrences)
	if n*5 > len(s.rest) {
		return d, errForm
	}
	d.Occurrences = make([]Occurrence, 0, n)
	line := 0
	for range n {
		o := Occurrence{Roles: Role(s.number(int(heeded))), Line: s.after(line)}
		o.Start = s.number(maxPlace)
		o.End = o.Start + s.number(maxPlace)
		line = o.Line
		o.Symbol = s.symbol()
		if s.bad {
			return d, errForm
		}
		d.Occurrences = append(d.Occurrences, o)
	}
	if b[0] == withRelations {
		n := s.number(MaxRelations)
		if n == 0 || n*3 > len(s.rest) {
			return d, errForm
		}
		d.Relations = make([]Relation, n)
		for i := range d.Relations {
			d.Relations[i] = Relation{Kinds: RelationKind(s.number(int(allKinds))), Symbol: s.symbol(), To: s.symbol()}
		}
		if s.bad {
			return d, errForm
		}
	}
	if len(s.rest) > 0 {
		return d, errForm
	}
	return d, nil
}

type stored struct {
	rest  []byte
	known []string
	bad   bool
}

// symbol reads a symbol, or the number of one that was read before.
func (s *stored) symbol() string {
	if at := s.number(len(s.known)); at > 0 {
		return s.known[at-1]
	}
	symbol := s.text(s.number(MaxSymbol))
	s.known = append(s.known, symbol)
	return symbol
}

func (s *stored) fail() int {
	s.bad, s.rest = true, nil
	return 0
}

func (s *stored) number(most int) int {
	n, size := binary.Uvarint(s.rest)
	if size <= 0 || n > uint64(most) {
		return s.fail()
	}
	s.rest = s.rest[size:]
	return int(n)
}

func (s *stored) after(line int) int {
	n, size := binary.Varint(s.rest)
	if size <= 0 || n > maxPlace || n < -maxPlace || line+int(n) < 0 || line+int(n) > maxPlace {
		return s.fail()
	}
	s.rest = s.rest[size:]
	return line + int(n)
}

func (s *stored) text(n int) string {
	if n > len(s.rest) {
		s.fail()
		return ""
	}
	text := string(s.rest[:n])
	s.rest = s.rest[n:]
	return text
}
