package child

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/leatworks/leat/pipeline/chunk"
	"github.com/leatworks/leat/pipeline/fact"
)

const (
	maxLanguage = 256
	maxText     = 1 << 30
	maxAnswer   = 1 << 28  // a text of 1 GiB has some 2 million spans
	buffer      = 64 << 10 // the size of a pipe
)

var errAnswer = errors.New("the answer makes no sense")

// writeRequests writes a request for each text. It writes several short ones in one call of
// w.
func writeRequests(w io.Writer, texts []chunk.Text) error {
	out := bufio.NewWriterSize(w, buffer)
	for _, t := range texts {
		head := make([]byte, 8, 8+len(t.Language))
		binary.BigEndian.PutUint32(head, uint32(len(t.Language)))
		binary.BigEndian.PutUint32(head[4:], uint32(len(t.Bytes)))
		for _, part := range [][]byte{append(head, t.Language...), t.Bytes} {
			if _, err := out.Write(part); err != nil {
				return err
			}
		}
	}
	return out.Flush()
}

func readRequest(r io.Reader) (t chunk.Text, err error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return t, err
	}
	name, size := binary.BigEndian.Uint32(head[:]), binary.BigEndian.Uint32(head[4:])
	if name > maxLanguage || size > maxText {
		return t, errors.New("the request makes no sense")
	}
	all := make([]byte, name+size)
	_, err = io.ReadFull(r, all)
	return chunk.Text{Language: string(all[:name]), Bytes: all[name:]}, err
}

func writeAnswer(w io.Writer, c chunk.Cutting) error {
	out := make([]byte, 4, 8+32*len(c.Spans)+len(c.Facts))
	out = binary.AppendUvarint(out, uint64(len(c.Facts)))
	out = append(out, c.Facts...)
	for _, s := range c.Spans {
		for _, n := range []int{s.Start, s.End, s.StartLine, s.EndLine} {
			out = binary.AppendUvarint(out, uint64(n))
		}
		for _, text := range []string{s.Kind, s.Symbol} {
			out = append(binary.AppendUvarint(out, uint64(len(text))), text...)
		}
		out = binary.AppendUvarint(out, uint64(len(s.Symbols)))
		for _, symbol := range s.Symbols {
			out = append(binary.AppendUvarint(out, uint64(len(symbol.Name))), symbol.Name...)
			out = binary.AppendUvarint(binary.AppendUvarint(out, uint64(symbol.StartLine)), uint64(symbol.EndLine))
		}
	}
	binary.BigEndian.PutUint32(out, uint32(len(out)-4))
	_, err := w.Write(out)
	return err
}

// readAnswer reads the result for a text of that size. It does not trust the child: it
// refuses spans outside the text, and facts that cannot be read.
func readAnswer(r io.Reader, size int) (c chunk.Cutting, err error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return c, err
	}
	length := binary.BigEndian.Uint32(head[:])
	if length > maxAnswer {
		return c, errAnswer
	}
	in := decoder{rest: make([]byte, length)}
	if _, err := io.ReadFull(r, in.rest); err != nil {
		return c, err
	}
	if c.Facts, err = in.facts(size); err != nil {
		return c, err
	}
	at, line := 0, 1
	for len(in.rest) > 0 {
		s := chunk.Span{Start: in.number(), End: in.number(), StartLine: in.number(), EndLine: in.number(), Kind: in.text(), Symbol: in.text()}
		s.Symbols = in.symbols(s.StartLine, s.EndLine)
		if in.bad || s.Start < at || s.End <= s.Start || s.End > size || s.StartLine < line || s.EndLine < s.StartLine {
			return c, fmt.Errorf("span %d: %w", len(c.Spans), errAnswer)
		}
		at, line = s.End, s.EndLine
		c.Spans = append(c.Spans, s)
	}
	return c, nil
}

// decoder reads what writeAnswer writes.
type decoder struct {
	rest []byte
	bad  bool
}

// facts reads the facts of a text of that size; nil: it has none.
func (d *decoder) facts(size int) ([]byte, error) {
	n := d.number()
	if d.bad || n > len(d.rest) {
		return nil, fmt.Errorf("facts: %w", errAnswer)
	}
	if n == 0 {
		return nil, nil
	}
	facts := d.rest[:n:n]
	d.rest = d.rest[n:]
	set, err := fact.Decode(facts)
	if err != nil {
		return nil, err
	}
	if set.Extent() > size {
		return nil, fmt.Errorf("facts up to byte %d of %d: %w", set.Extent(), size, errAnswer)
	}
	return facts, nil
}

func (d *decoder) number() int {
	n, size := binary.Uvarint(d.rest)
	if size <= 0 || n > maxText {
		d.bad, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[size:]
	return int(n)
}

// symbols reads the definitions of a span, none of which lies outside its lines.
func (d *decoder) symbols(first, last int) (list []chunk.Symbol) {
	count := d.number()
	if count > chunk.MaxSymbols {
		d.bad = true
	}
	for range count {
		s := chunk.Symbol{Name: d.text(), StartLine: d.number(), EndLine: d.number()}
		if d.bad = d.bad || s.StartLine < first || s.EndLine < s.StartLine || s.EndLine > last; d.bad {
			return nil
		}
		list = append(list, s)
	}
	return list
}

func (d *decoder) text() string {
	n := d.number()
	if n > len(d.rest) {
		d.bad, d.rest = true, nil
		return ""
	}
	text := string(d.rest[:n])
	d.rest = d.rest[n:]
	return text
}
