package qdrant

import (
	"iter"
	"math"

	"github.com/qdrant/go-client/qdrant"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// A payload is kept as an encoded qdrant.Struct, of which a filter reads only the fields that it names. These are the
// numbers of the fields in json_with_int.proto.
const (
	structFields = 1
	entryKey     = 1
	entryValue   = 2
	valueNull    = 1
	valueDouble  = 2
	valueInteger = 3
	valueString  = 4
	valueBool    = 5
	valueList    = 7
	listValues   = 1
)

func encodePayload(fields map[string]*qdrant.Value) ([]byte, error) {
	encoded, err := proto.Marshal(&qdrant.Struct{Fields: fields})
	if err != nil {
		return nil, invalid("payload: %v", err)
	}
	return encoded, nil
}

// messages yields the embedded messages and strings of the field number.
func messages(encoded []byte, number protowire.Number) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(encoded) > 0 {
			found, kind, n := protowire.ConsumeTag(encoded)
			if n < 0 {
				return
			}
			encoded = encoded[n:]
			if found != number || kind != protowire.BytesType {
				if n = protowire.ConsumeFieldValue(found, kind, encoded); n < 0 {
					return
				}
				encoded = encoded[n:]
				continue
			}
			message, n := protowire.ConsumeBytes(encoded)
			if n < 0 || !yield(message) {
				return
			}
			encoded = encoded[n:]
		}
	}
}

// entries yields the fields of a payload, each with its encoded value.
func entries(payload []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		for entry := range messages(payload, structFields) {
			var key, value []byte
			for key = range messages(entry, entryKey) {
			}
			for value = range messages(entry, entryValue) {
			}
			if !yield(key, value) {
				return
			}
		}
	}
}

// payloadSelector says which fields of a payload are in the answer.
type payloadSelector struct {
	names []string
	keep  bool // whether the fields with these names are kept, or all others
	none  bool
}

func parsePayloadSelector(selector *qdrant.WithPayloadSelector) (payloadSelector, error) {
	var p payloadSelector
	switch option := selector.GetSelectorOptions().(type) {
	case nil:
		p.none = true
	case *qdrant.WithPayloadSelector_Enable:
		p.none = !option.Enable
	case *qdrant.WithPayloadSelector_Include:
		p.names, p.keep = option.Include.GetFields(), true
	case *qdrant.WithPayloadSelector_Exclude:
		p.names = option.Exclude.GetFields()
	}
	for _, name := range p.names {
		if err := checkKey(name); err != nil {
			return p, err
		}
	}
	return p, nil
}

func (p payloadSelector) decoded(payload []byte) (map[string]*qdrant.Value, error) {
	if p.none {
		return nil, nil
	}
	fields := make(map[string]*qdrant.Value)
	for key, encoded := range entries(payload) {
		if !p.has(key) {
			continue
		}
		value := new(qdrant.Value)
		if err := proto.Unmarshal(encoded, value); err != nil {
			return nil, invalid("stored payload: %v", err)
		}
		fields[string(key)] = value
	}
	return fields, nil
}

// pointPayload is the number of the payload's field in RetrievedPoint and ScoredPoint.
const pointPayload = 2

func lookup(payload []byte, name string) (value []byte, found bool) {
	for key, value := range entries(payload) {
		if string(key) == name {
			return value, true
		}
	}
	return nil, false
}

// scalar is one value of a payload. For a structure, or a list within a list, it has only the kind.
type scalar struct {
	kind    protowire.Number
	text    []byte
	integer int64
	double  float64
	boolean bool
}

// scalars yields a value, or the elements of a list.
func scalars(value []byte) iter.Seq[scalar] {
	return func(yield func(scalar) bool) {
		for list := range messages(value, valueList) {
			for element := range messages(list, listValues) {
				if !yield(decodeScalar(element)) {
					return
				}
			}
			return
		}
		yield(decodeScalar(value))
	}
}

func decodeScalar(value []byte) scalar {
	number, kind, n := protowire.ConsumeTag(value)
	if n < 0 {
		return scalar{kind: valueNull}
	}
	rest := value[n:]
	s := scalar{kind: number}
	switch kind {
	case protowire.VarintType:
		v, _ := protowire.ConsumeVarint(rest)
		s.integer, s.boolean = int64(v), v != 0
	case protowire.Fixed64Type:
		v, _ := protowire.ConsumeFixed64(rest)
		s.double = math.Float64frombits(v)
	case protowire.BytesType:
		s.text, _ = protowire.ConsumeBytes(rest)
	}
	return s
}

// isNull and isEmpty follow Qdrant. A field is empty if it is missing, null or an empty list.
func isNull(value []byte, found bool) bool {
	return found && decodeScalar(value).kind == valueNull
}

func isEmpty(value []byte, found bool) bool {
	if !found || isNull(value, found) {
		return true
	}
	list := decodeScalar(value)
	return list.kind == valueList && len(list.text) == 0
}
