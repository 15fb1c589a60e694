package qdrant

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/qdrant/go-client/qdrant"
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
)

// A search reads some hundred points. For each payload, the generated code makes a map, and for each value several
// objects. This took most of a search's processor time. So the answer is read here, and a payload only when it is
// needed.

// The numbers of the fields in the messages of Qdrant's API.
const (
	answerResult = 1 // of QueryBatchResponse, for each query
	resultPoint  = 1 // of BatchResult
	pointOfID    = 1 // of ScoredPoint
	pointPayload = 2
	pointScore   = 3
	idUUID       = 2 // of PointId
	entryKey     = 1 // of an entry of a map
	entryValue   = 2
	valueInteger = 3 // of Value
	valueString  = 4
)

// answer is a QueryBatchResponse that has not been decoded.
type answer struct{ data []byte }

// answerCodec reads an [answer]. It leaves everything else to gRPC's own codec.
type answerCodec struct{ encoding.CodecV2 }

func (c answerCodec) Unmarshal(data mem.BufferSlice, into any) error {
	if a, ok := into.(*answer); ok {
		a.data = data.Materialize()
		return nil
	}
	return c.CodecV2.Unmarshal(data, into)
}

var callAnswer = grpc.ForceCodecV2(answerCodec{encoding.GetCodecV2("proto")})

// point is a ScoredPoint whose payload has not been decoded yet.
type point struct {
	id    uuid.UUID
	score float32
	raw   []byte
}

var errMalformed = errors.New("the answer is malformed")

// element is a field of a message. data is empty unless the field holds bytes.
type element struct {
	number protowire.Number
	kind   protowire.Type
	data   []byte
	scalar uint64
}

// elements yields the fields of a message. If the message is malformed, the last field has the number 0.
func elements(message []byte) iter.Seq[element] {
	return func(yield func(element) bool) {
		for len(message) > 0 {
			var e element
			var n int
			e.number, e.kind, n = protowire.ConsumeTag(message)
			if n < 0 {
				yield(element{})
				return
			}
			message = message[n:]
			switch e.kind {
			case protowire.BytesType:
				e.data, n = protowire.ConsumeBytes(message)
			case protowire.VarintType:
				e.scalar, n = protowire.ConsumeVarint(message)
			case protowire.Fixed32Type:
				var v uint32
				v, n = protowire.ConsumeFixed32(message)
				e.scalar = uint64(v)
			default:
				n = protowire.ConsumeFieldValue(e.number, e.kind, message)
			}
			if n < 0 {
				yield(element{})
				return
			}
			message = message[n:]
			if !yield(e) {
				return
			}
		}
	}
}

// results returns the points of each query.
func (a answer) results() ([][]point, error) {
	var results [][]point
	for e := range elements(a.data) {
		switch {
		case e.number == 0:
			return nil, errMalformed
		case e.number == answerResult && e.kind == protowire.BytesType:
			points, err := decodePoints(e.data)
			if err != nil {
				return nil, err
			}
			results = append(results, points)
		}
	}
	return results, nil
}

func decodePoints(result []byte) ([]point, error) {
	var points []point
	for e := range elements(result) {
		switch {
		case e.number == 0:
			return nil, errMalformed
		case e.number == resultPoint && e.kind == protowire.BytesType:
			p := point{raw: e.data}
			if err := p.decode(); err != nil {
				return nil, err
			}
			points = append(points, p)
		}
	}
	return points, nil
}

// decode reads the id and the score of a point.
func (p *point) decode() (err error) {
	var id []byte
	for e := range elements(p.raw) {
		switch {
		case e.number == 0:
			return errMalformed
		case e.number == pointOfID && e.kind == protowire.BytesType:
			id = append(slices.Clip(id), e.data...) // a message in parts is their concatenation
		case e.number == pointScore && e.kind == protowire.Fixed32Type:
			p.score = math.Float32frombits(uint32(e.scalar))
		}
	}
	p.id, err = parseID(id)
	return err
}

// parseID reads a PointId.
func parseID(message []byte) (uuid.UUID, error) {
	var text []byte
	for e := range elements(message) {
		if e.number == 0 {
			return uuid.Nil, errMalformed
		}
		if e.number == idUUID && e.kind == protowire.BytesType {
			text = e.data
		}
	}
	id, err := uuid.ParseBytes(text)
	if err != nil {
		return uuid.Nil, fmt.Errorf("point id %q is not a UUID", text)
	}
	return id, nil
}

// stored is a payload as Qdrant has it. A field that is missing or of another kind reads as "" or 0.
type stored interface {
	text(field string) string
	integer(field string) int64
}

// values is a payload that the generated code has decoded.
type values map[string]*qdrant.Value

func (v values) text(field string) string   { return v[field].GetStringValue() }
func (v values) integer(field string) int64 { return v[field].GetIntegerValue() }

// entries is a payload of an [answer].
type entries []entry

type entry struct {
	name    []byte
	text    []byte
	integer int64
}

func (e entries) find(field string) (found entry) {
	for _, one := range e {
		if string(one.name) == field {
			found = one // the last entry counts, as in a map
		}
	}
	return found
}

func (e entries) text(field string) string   { return string(e.find(field).text) }
func (e entries) integer(field string) int64 { return e.find(field).integer }

// payload reads the entries of the payload into a map.
func (p *point) payload() (entries, error) {
	list := make(entries, 0, 24)
	err := p.eachEntry(func(one entry) { list = append(list, one) })
	return list, err
}

// eachEntry calls each with every entry of the payload.
func (p *point) eachEntry(fn func(entry)) error {
	for e := range elements(p.raw) {
		if e.number == 0 {
			return errMalformed
		}
		if e.number != pointPayload || e.kind != protowire.BytesType {
			continue
		}
		one, err := decodeEntry(e.data)
		if err != nil {
			return err
		}
		fn(one)
	}
	return nil
}

func decodeEntry(message []byte) (one entry, err error) {
	var value []byte
	for inner := range elements(message) {
		switch {
		case inner.number == 0:
			return one, errMalformed
		case inner.kind != protowire.BytesType:
		case inner.number == entryKey:
			one.name = inner.data
		case inner.number == entryValue:
			value = inner.data
		}
	}
	for inner := range elements(value) {
		one.text, one.integer = nil, 0 // a value has one form, which is the last
		switch {
		case inner.number == 0:
			return one, errMalformed
		case inner.number == valueString && inner.kind == protowire.BytesType:
			one.text = inner.data
		case inner.number == valueInteger && inner.kind == protowire.VarintType:
			one.integer = int64(inner.scalar)
		}
	}
	if !utf8.Valid(one.text) || !utf8.Valid(one.name) {
		return one, fmt.Errorf("%w: a field of the payload is not valid UTF-8", errMalformed)
	}
	return one, nil
}
