package qdrant

import (
	"encoding/binary"
	"encoding/hex"
	"math"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/leatworks/leat/pipeline/vector"
)

// Every point of the index is sent once. The generated code makes a map for each payload and several objects for each
// value, and computes the size of each before it writes it. This took half of the indexer's processor time. So an
// upsert is written here.

// The numbers of the fields in the messages of an upsert.
// Source: points.proto and json_with_int.proto of Qdrant's API.
const (
	upsertCollection = 1 // of UpsertPoints
	upsertWait       = 2
	upsertPoint      = 3
	structID         = 1 // of PointStruct
	structPayload    = 3
	structVectors    = 4
	vectorsNamed     = 2   // of Vectors
	namedVectors     = 1   // of NamedVectors
	vectorDense      = 101 // of Vector
	vectorSparse     = 102
	denseData        = 1 // of DenseVector
	sparseValues     = 1 // of SparseVector
	sparseIndices    = 2
	valueList        = 7 // of Value
	listValues       = 1 // of ListValue
)

// upsertRequest is an UpsertPoints that has been encoded. It asks the server to answer when the points are applied.
type upsertRequest struct {
	data   []byte
	points int

	point, named, part []byte // reused buffers
}

func newUpsert(collection string, capacity int) *upsertRequest {
	data := make([]byte, 0, len(collection)+capacity+16)
	data = appendText(data, upsertCollection, collection)
	data = protowire.AppendTag(data, upsertWait, protowire.VarintType)
	return &upsertRequest{data: append(data, 1)}
}

// upsertCodec writes an [upsertRequest]. It leaves everything else to gRPC's own codec.
type upsertCodec struct{ encoding.CodecV2 }

func (c upsertCodec) Marshal(v any) (mem.BufferSlice, error) {
	if u, ok := v.(*upsertRequest); ok {
		return mem.BufferSlice{mem.SliceBuffer(u.data)}, nil
	}
	return c.CodecV2.Marshal(v)
}

var callUpsert = grpc.ForceCodecV2(upsertCodec{encoding.GetCodecV2("proto")})

// add appends a checked point.
func (u *upsertRequest) add(p *vector.Point) {
	u.points++
	b := u.point[:0]
	b = protowire.AppendTag(b, structID, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(protowire.SizeTag(idUUID)+protowire.SizeBytes(uuidText)))
	b = appendID(protowire.AppendTag(b, idUUID, protowire.BytesType), p.ID)
	b = u.appendPayload(b, &p.Payload)

	named := appendEntry(u.named[:0], namedVectors, denseName, u.dense(p.Dense))
	if len(p.Sparse.Indices) > 0 {
		named = appendEntry(named, namedVectors, sparseName, u.sparse(p.Sparse))
	}
	b = protowire.AppendTag(b, structVectors, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(protowire.SizeTag(vectorsNamed)+protowire.SizeBytes(len(named))))
	b = appendMessage(b, vectorsNamed, named)

	u.data = appendMessage(u.data, upsertPoint, b)
	u.point, u.named = b, named
}

// uuidText is the length of a UUID as text.
const uuidText = 36

// appendID appends a UUID as text, with its length.
func appendID(b []byte, id uuid.UUID) []byte {
	b = append(b, uuidText)
	b = append(hex.AppendEncode(b, id[:4]), '-')
	b = append(hex.AppendEncode(b, id[4:6]), '-')
	b = append(hex.AppendEncode(b, id[6:8]), '-')
	b = append(hex.AppendEncode(b, id[8:10]), '-')
	return hex.AppendEncode(b, id[10:])
}

// dense returns a Vector.
func (u *upsertRequest) dense(values []float32) []byte {
	size := 4 * len(values)
	b := protowire.AppendTag(u.part[:0], vectorDense, protowire.BytesType)
	if size == 0 {
		b = protowire.AppendVarint(b, 0)
	} else {
		b = protowire.AppendVarint(b, uint64(protowire.SizeTag(denseData)+protowire.SizeBytes(size)))
		b = appendFloats(b, denseData, values)
	}
	u.part = b
	return b
}

// sparse returns a Vector.
func (u *upsertRequest) sparse(v vector.Sparse) []byte {
	indices := 0
	for _, index := range v.Indices {
		indices += protowire.SizeVarint(uint64(index))
	}
	size := protowire.SizeTag(sparseValues) + protowire.SizeBytes(4*len(v.Values)) + protowire.SizeTag(sparseIndices) + protowire.SizeBytes(indices)
	b := protowire.AppendTag(u.part[:0], vectorSparse, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(size))
	b = appendFloats(b, sparseValues, v.Values)
	b = protowire.AppendTag(b, sparseIndices, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(indices))
	for _, index := range v.Indices {
		b = protowire.AppendVarint(b, uint64(index))
	}
	u.part = b
	return b
}

func appendFloats(b []byte, number protowire.Number, values []float32) []byte {
	b = protowire.AppendTag(b, number, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(4*len(values)))
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// appendPayload appends the entries of a payload. An empty text has no entry.
func (u *upsertRequest) appendPayload(b []byte, p *vector.Payload) []byte {
	for _, field := range [...]struct {
		name string
		id   uuid.UUID
	}{{fieldRepository, p.Repository}, {fieldTrack, p.Track}, {fieldDocument, p.Document}} {
		b = appendField(b, field.name, protowire.SizeTag(valueString)+protowire.SizeBytes(uuidText))
		b = appendID(protowire.AppendTag(b, valueString, protowire.BytesType), field.id)
	}
	for _, field := range [...]struct{ name, text string }{
		{fieldTenant, p.Tenant}, {fieldRef, p.Ref}, {fieldPath, p.Path}, {fieldLanguage, p.Language},
		{fieldKind, p.Kind}, {fieldSymbol, p.Symbol}, {fieldSymbols, string(p.Symbols)}, {fieldBlob, p.Blob}, {fieldCommit, p.Commit},
	} {
		if field.text != "" {
			b = appendField(b, field.name, protowire.SizeTag(valueString)+protowire.SizeBytes(len(field.text)))
			b = appendText(b, valueString, field.text)
		}
	}
	for _, field := range [...]struct {
		name   string
		number int64
	}{
		{fieldStartLine, int64(p.StartLine)}, {fieldEndLine, int64(p.EndLine)}, {fieldStartByte, int64(p.StartByte)},
		{fieldEndByte, int64(p.EndByte)}, {fieldRevision, p.Revision},
	} {
		b = appendField(b, field.name, protowire.SizeTag(valueInteger)+protowire.SizeVarint(uint64(field.number)))
		b = protowire.AppendVarint(protowire.AppendTag(b, valueInteger, protowire.VarintType), uint64(field.number))
	}
	list := u.part[:0]
	for dir := range p.Dirs() {
		list = appendListed(list, dir)
	}
	b, u.part = appendList(b, fieldDirs, list), list
	if names := p.Names(); len(names) > 0 {
		list = list[:0]
		for _, name := range names {
			list = appendListed(list, name)
		}
		b, u.part = appendList(b, fieldNames, list), list
	}
	return b
}

// appendListed appends a text to a ListValue.
func appendListed(list []byte, text string) []byte {
	list = protowire.AppendTag(list, listValues, protowire.BytesType)
	list = protowire.AppendVarint(list, uint64(protowire.SizeTag(valueString)+protowire.SizeBytes(len(text))))
	return appendText(list, valueString, text)
}

// appendList appends an entry of the payload whose value is a list.
func appendList(b []byte, name string, list []byte) []byte {
	b = appendField(b, name, protowire.SizeTag(valueList)+protowire.SizeBytes(len(list)))
	return appendMessage(b, valueList, list)
}

// appendField appends an entry of the payload up to its value. The caller then appends the value, whose size is value.
func appendField(b []byte, name string, value int) []byte {
	size := protowire.SizeTag(entryKey) + protowire.SizeBytes(len(name)) + protowire.SizeTag(entryValue) + protowire.SizeBytes(value)
	b = protowire.AppendTag(b, structPayload, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(size))
	b = appendText(b, entryKey, name)
	b = protowire.AppendTag(b, entryValue, protowire.BytesType)
	return protowire.AppendVarint(b, uint64(value))
}

// appendEntry appends an entry of a map.
func appendEntry(b []byte, number protowire.Number, name string, value []byte) []byte {
	b = protowire.AppendTag(b, number, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(protowire.SizeTag(entryKey)+protowire.SizeBytes(len(name))+protowire.SizeTag(entryValue)+protowire.SizeBytes(len(value))))
	b = appendText(b, entryKey, name)
	return appendMessage(b, entryValue, value)
}

func appendMessage(b []byte, number protowire.Number, message []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), message)
}

func appendText(b []byte, number protowire.Number, text string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, number, protowire.BytesType), text)
}
