package qdrant

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"slices"

	"github.com/qdrant/go-client/qdrant"
	"google.golang.org/protobuf/encoding/protowire"
)

// An answer to a query has some hundred points, and the generated code makes several objects for each. So the points
// are encoded here. The entries of a payload are copied as they are stored, under another tag of the same length.
const (
	tagResult  = 1<<3 | byte(protowire.BytesType) // in QueryResponse, QueryBatchResponse and BatchResult
	tagEntry   = structFields<<3 | byte(protowire.BytesType)
	tagKey     = entryKey<<3 | byte(protowire.BytesType)
	tagID      = 1<<3 | byte(protowire.BytesType) // in ScoredPoint
	tagPayload = pointPayload<<3 | byte(protowire.BytesType)
	tagScore   = 3<<3 | byte(protowire.Fixed32Type)
	tagNumber  = 1<<3 | byte(protowire.VarintType) // in PointId
	tagUUID    = 2<<3 | byte(protowire.BytesType)
)

const uuidLength = 36 // the bytes of its text

// encodable reports whether the points of an answer are encoded here.
func (a *pointsAPI) encodable(request *qdrant.QueryPoints) bool {
	return a.encoded && request.GetWithVectors().GetSelectorOptions() == nil
}

// appendResult appends the points of an answer, each as a field "result".
func (s *segment) appendResult(to []byte, hits []hit, selected payloadSelector) []byte {
	var point []byte
	for i, h := range hits {
		point = s.appendPoint(point[:0], h, selected)
		if i == 0 {
			to = slices.Grow(to, len(hits)*(len(point)+len(point)/8))
		}
		to = append(to, tagResult)
		to = binary.AppendUvarint(to, uint64(len(point)))
		to = append(to, point...)
	}
	return to
}

// appendPoint appends a ScoredPoint.
func (s *segment) appendPoint(to []byte, h hit, selected payloadSelector) []byte {
	to = s.ids[h.slot].appendMessage(append(to, tagID))
	if !selected.none {
		to = selected.appendTo(to, s.at(h.slot).payload())
	}
	to = append(to, tagScore)
	return binary.LittleEndian.AppendUint32(to, math.Float32bits(h.score))
}

// appendMessage appends a PointId after its length.
func (a pointID) appendMessage(to []byte) []byte {
	if !a.uuid {
		to = append(to, byte(1+protowire.SizeVarint(a.lo)), tagNumber)
		return binary.AppendUvarint(to, a.lo)
	}
	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], a.hi)
	binary.BigEndian.PutUint64(id[8:], a.lo)
	to = append(to, 2+uuidLength, tagUUID, uuidLength)
	for i, part := range [...][]byte{id[:4], id[4:6], id[6:8], id[8:10], id[10:]} {
		if i > 0 {
			to = append(to, '-')
		}
		to = hex.AppendEncode(to, part)
	}
	return to
}

// appendTo appends the chosen entries of a payload, in the form that they have in a point of an answer.
func (p payloadSelector) appendTo(to, payload []byte) []byte {
	for len(payload) > 0 {
		length, n := uint64(0), 0
		if payload[0] == tagEntry {
			length, n = binary.Uvarint(payload[1:])
		}
		if n <= 0 || length > uint64(len(payload)-1-n) {
			return to // encodePayload has not written this
		}
		end := 1 + n + int(length)
		if p.has(keyOf(payload[1+n : end])) {
			to = append(to, tagPayload)
			to = append(to, payload[1:end]...)
		}
		payload = payload[end:]
	}
	return to
}

// keyOf returns the key of a payload's entry.
func keyOf(entry []byte) (key []byte) {
	if len(entry) > 1 && entry[0] == tagKey && entry[1] < 1<<7 && len(entry) >= 2+int(entry[1]) {
		return entry[2 : 2+entry[1]] // a short key before the value, as in nearly all entries
	}
	for key = range messages(entry, entryKey) {
	}
	return key
}

// has reports whether a field is chosen.
func (p payloadSelector) has(key []byte) bool {
	return !p.none && slices.ContainsFunc(p.names, func(name string) bool { return name == string(key) }) == p.keep
}
