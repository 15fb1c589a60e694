package scip

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// ErrInvalid says that bytes are no index, or an index beyond a bound.
var ErrInvalid = errors.New("no SCIP index that can be read")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// Report describes the content of an index.
type Report struct {
	Tool        Tool
	Documents   int
	Occurrences int
	LeftOut     int // documents, occurrences and relations that break a bound or have no place
}

// Read calls each with the documents of an index, which may be packed by gzip. It holds
// one of them at a time. A path that comes again is left out.
func Read(ctx context.Context, from io.Reader, each func(Document) error) (Report, error) {
	r := reader{in: bufio.NewReaderSize(from, 64<<10), seen: make(map[string]bool), each: each}
	if head, err := r.in.Peek(2); err == nil && head[0] == 0x1f && head[1] == 0x8b {
		unpacked, err := gzip.NewReader(r.in)
		if err != nil {
			return r.report, invalid("its compression: %v", err)
		}
		r.in = bufio.NewReaderSize(unpacked, 64<<10)
	}
	for ctx.Err() == nil {
		more, err := r.field()
		if err != nil || !more {
			return r.report, err
		}
	}
	return r.report, ctx.Err()
}

type reader struct {
	in     *bufio.Reader
	read   int64
	buffer bytes.Buffer
	seen   map[string]bool
	each   func(Document) error
	report Report
}

// The fields of the schema that are read.
const (
	indexMetadata  = 1
	indexDocuments = 2

	metadataTool = 2
	toolName     = 1
	toolVersion  = 2

	documentPath        = 1
	documentOccurrences = 2
	documentSymbols     = 3
	documentEncoding    = 6

	symbolName      = 1
	symbolRelations = 4

	relationSymbol         = 1
	relationReference      = 2
	relationImplementation = 3
	relationTypeDefinition = 4

	occurrenceRange  = 1
	occurrenceSymbol = 2
	occurrenceRoles  = 3
	occurrenceLine   = 8 // a range of one line
	occurrenceLines  = 9 // a range of several
)

// field reads one field of the index. more is false at the end.
func (r *reader) field() (more bool, err error) {
	if _, err := r.in.Peek(1); err == io.EOF {
		return false, nil
	}
	tag, err := r.number()
	if err != nil {
		return false, err
	}
	number, kind := protowire.DecodeTag(tag)
	switch {
	case number < 1:
		return false, invalid("a field has the number %d", number)
	case kind == protowire.VarintType:
		_, err = r.number()
		return true, err
	case kind != protowire.BytesType:
		return false, invalid("field %d has the type %d, which no field of an index has", number, kind)
	}
	size, err := r.number()
	if err != nil {
		return false, err
	}
	if size > MaxIndex {
		return false, invalid("field %d announces %d bytes", number, size)
	}
	if number > indexDocuments || number == indexDocuments && size > MaxDocument {
		if number == indexDocuments {
			r.report.LeftOut++
		}
		return true, r.skip(int64(size))
	}
	if number == indexMetadata && size > 1<<20 {
		return false, invalid("its metadata has %d bytes", size)
	}
	message, err := r.bytes(int64(size))
	if err != nil {
		return false, err
	}
	if number == indexMetadata {
		return true, r.metadata(message)
	}
	return true, r.document(message)
}

// took counts bytes that were read.
func (r *reader) took(n int64, err error) error {
	if r.read += n; r.read > MaxIndex {
		return invalid("it has more than %d bytes", int64(MaxIndex))
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return invalid("it ends in the middle of a field")
	}
	for _, broken := range []error{gzip.ErrHeader, gzip.ErrChecksum} {
		if errors.Is(err, broken) {
			return invalid("its compression: %v", err)
		}
	}
	if err != nil && strings.HasPrefix(err.Error(), "flate: ") {
		return invalid("its compression: %v", err)
	}
	return err
}

func (r *reader) number() (uint64, error) {
	before := r.in.Buffered()
	n, err := binary.ReadUvarint(r.in)
	if err == nil {
		return n, r.took(int64(max(before-r.in.Buffered(), 1)), nil)
	}
	if strings.Contains(err.Error(), "overflows") {
		return 0, invalid("a number has more than 64 bits")
	}
	return 0, r.took(0, err)
}

func (r *reader) skip(n int64) error {
	skipped, err := io.CopyN(io.Discard, r.in, n)
	return r.took(skipped, err)
}

// bytes reads so many bytes. Its buffer grows with the bytes that come.
func (r *reader) bytes(n int64) ([]byte, error) {
	r.buffer.Reset()
	copied, err := io.CopyN(&r.buffer, r.in, n)
	return r.buffer.Bytes(), r.took(copied, err)
}

// fields calls each with the fields of a message: a number, or bytes.
func fields(message []byte, each func(number protowire.Number, value uint64, content []byte) error) error {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return invalid("a tag: %v", protowire.ParseError(n))
		}
		message = message[n:]
		var value uint64
		var content []byte
		switch kind {
		case protowire.VarintType:
			value, n = protowire.ConsumeVarint(message)
		case protowire.BytesType:
			content, n = protowire.ConsumeBytes(message)
		case protowire.Fixed32Type:
			_, n = protowire.ConsumeFixed32(message)
		case protowire.Fixed64Type:
			_, n = protowire.ConsumeFixed64(message)
		default:
			return invalid("field %d has the type %d, which the schema does not use", number, kind)
		}
		if n < 0 {
			return invalid("field %d: %v", number, protowire.ParseError(n))
		}
		message = message[n:]
		if err := each(number, value, content); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) metadata(message []byte) error {
	return fields(message, func(number protowire.Number, _ uint64, tool []byte) error {
		if number != metadataTool {
			return nil
		}
		return fields(tool, func(number protowire.Number, _ uint64, text []byte) error {
			switch number {
			case toolName:
				r.report.Tool.Name = shown(text)
			case toolVersion:
				r.report.Tool.Version = shown(text)
			}
			return nil
		})
	})
}

// shown returns a text of an index in a form that people may see.
func shown(text []byte) string {
	clean := strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f || c == utf8.RuneError {
			return -1
		}
		return c
	}, string(text[:min(len(text), maxToolName)]))
	return strings.ToValidUTF8(clean, "")
}

func (r *reader) document(message []byte) error {
	var d Document
	err := fields(message, func(number protowire.Number, value uint64, content []byte) error {
		switch number {
		case documentPath:
			d.Path = string(content[:min(len(content), MaxPath+1)])
		case documentEncoding:
			if value <= uint64(lastEncoding) {
				d.Encoding = Encoding(value)
			}
		case documentOccurrences:
			o, ok, err := occurrence(content)
			switch {
			case err != nil:
				return err
			case !ok || len(d.Occurrences) == MaxOccurrences:
				r.report.LeftOut++
			default:
				d.Occurrences = append(d.Occurrences, o)
			}
		case documentSymbols:
			return r.relations(&d, content)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if !CleanPath(d.Path) || r.seen[d.Path] {
		r.report.LeftOut++
		return nil
	}
	if len(r.seen) == MaxDocuments {
		return invalid("it has more than %d documents", MaxDocuments)
	}
	r.seen[d.Path] = true
	r.report.Documents++
	r.report.Occurrences += len(d.Occurrences)
	return r.each(d)
}

// relations adds the relations of a symbol to those of its document. Relations of local symbols say
// nothing that a graph holds.
func (r *reader) relations(d *Document, message []byte) error {
	from := len(d.Relations)
	var symbol string
	err := fields(message, func(number protowire.Number, _ uint64, content []byte) error {
		switch number {
		case symbolName:
			symbol = symbolIn(content)
		case symbolRelations:
			one, ok, err := relation(content)
			switch {
			case err != nil:
				return err
			case !ok || len(d.Relations) == MaxRelations:
				r.report.LeftOut++
			case one.Kinds != 0:
				d.Relations = append(d.Relations, one)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if symbol == "" {
		r.report.LeftOut += len(d.Relations) - from
	}
	if symbol == "" || Local(symbol) {
		d.Relations = d.Relations[:from]
	}
	for i := range d.Relations[from:] { // the name may come after them
		d.Relations[from+i].Symbol = symbol
	}
	return nil
}

// relation reads a relation. It is not ok without a symbol.
func relation(message []byte) (one Relation, ok bool, err error) {
	err = fields(message, func(number protowire.Number, value uint64, content []byte) error {
		kind := RelationKind(0)
		switch number {
		case relationSymbol:
			one.To = symbolIn(content)
		case relationReference:
			kind = Reference
		case relationImplementation:
			kind = Implementation
		case relationTypeDefinition:
			kind = TypeDefinition
		}
		if one.Kinds &^= kind; value != 0 {
			one.Kinds |= kind
		}
		return nil
	})
	return one, one.To != "", err
}

// symbolIn returns a symbol, or "" where it breaks a bound.
func symbolIn(content []byte) string {
	if len(content) > MaxSymbol || !utf8.Valid(content) || bytes.IndexByte(content, 0) >= 0 {
		return ""
	}
	return string(content)
}

// occurrence reads an occurrence. It is not ok without a symbol, such as one that only colours
// a text, with an invalid place, or on several lines.
func occurrence(message []byte) (o Occurrence, ok bool, err error) {
	var place []uint64
	err = fields(message, func(number protowire.Number, value uint64, content []byte) error {
		switch number {
		case occurrenceRange:
			if content == nil {
				place = append(place, value) // not packed
				return nil
			}
			for len(content) > 0 && len(place) < 5 {
				n, size := protowire.ConsumeVarint(content)
				if size < 0 {
					return invalid("a range: %v", protowire.ParseError(size))
				}
				place, content = append(place, n), content[size:]
			}
		case occurrenceLine, occurrenceLines:
			typed := make([]uint64, number-5) // of three and of four numbers
			place = typed
			return fields(content, func(number protowire.Number, value uint64, _ []byte) error {
				if int(number) <= len(typed) {
					typed[number-1] = value
				}
				return nil
			})
		case occurrenceSymbol:
			o.Symbol = symbolIn(content)
		case occurrenceRoles:
			o.Roles = Role(value) & heeded
		}
		return nil
	})
	if err != nil {
		return o, false, err
	}
	if len(place) == 4 && place[0] == place[2] {
		place = []uint64{place[0], place[1], place[3]}
	}
	if len(place) != 3 || o.Symbol == "" {
		return o, false, nil
	}
	for _, n := range place {
		if n > maxPlace {
			return o, false, nil
		}
	}
	o.Line, o.Start, o.End = int(place[0]), int(place[1]), int(place[2])
	return o, o.Start <= o.End, nil
}
