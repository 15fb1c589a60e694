package scip

import (
	"encoding/binary"
	"errors"
)

// form is the first byte of a stored document.
const form = 1

// Encode returns the stored form of a document, without its path.
func Encode(d Document) []byte {
	out := []byte{form, byte(d.Encoding)}
	out = binary.AppendUvarint(out, uint64(len(d.Occurrences)))
	known := make(map[string]int)
	line := 0
	for _, o := range d.Occurrences {
		out = append(out, byte(o.Roles))
		out = binary.AppendVarint(out, int64(o.Line-line))
		out = binary.AppendUvarint(out, uint64(o.Start))
		out = binary.AppendUvarint(out, uint64(o.End-o.Start))
		line = o.Line
		if n, ok := known[o.Symbol]; ok {
			out = binary.AppendUvarint(out, uint64(n))
			continue
		}
		known[o.Symbol] = len(known) + 1
		out = append(out, 0)
		out = binary.AppendUvarint(out, uint64(len(o.Symbol)))
		out = append(out, o.Symbol...)
	}
	return out
}

var errForm = errors.New("the stored document of an index makes no sense")

// Decode reads what Encode has written.
func Decode(b []byte) (d Document, err error) {
	if len(b) < 2 || b[0] != form || b[1] > byte(lastEncoding) {
		return d, errForm
	}
	d.Encoding = Encoding(b[1])
	s := stored{rest: b[2:]}
	n := s.number(MaxOccurrences)
	if n*5 > len(s.rest) {
		return d, errForm
	}
	d.Occurrences = make([]Occurrence, 0, n)
	var known []string
	line := 0
	for range n {
		o := Occurrence{Roles: Role(s.number(int(heeded))), Line: s.after(line)}
		o.Start = s.number(maxPlace)
		o.End = o.Start + s.number(maxPlace)
		line = o.Line
		if at := s.number(len(known)); at > 0 {
			o.Symbol = known[at-1]
		} else {
			o.Symbol = s.text(s.number(MaxSymbol))
			known = append(known, o.Symbol)
		}
		if s.bad {
			return d, errForm
		}
		d.Occurrences = append(d.Occurrences, o)
	}
	if len(s.rest) > 0 {
		return d, errForm
	}
	return d, nil
}

type stored struct {
	rest []byte
	bad  bool
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
