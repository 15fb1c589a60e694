package qdrant

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"iter"
)

// The log begins with a magic number. Records follow. A record is a frame and a body, padded to eight bytes:
//
//	frame   length of the body, CRC-32C of the body and the dense vector,
//	        number of the record, CRC-32C of these three; 4 bytes each
//	upsert  opUpsert, flags, 2 zero bytes, number of terms; id; length of the
//	        payload, 4 zero bytes; the terms' indices; their weights; payload
//	delete  opDelete, 3 zero bytes, number of ids; for each, flags in 8 bytes and id
//
// Numbers are little-endian. An id is two numbers of 8 bytes. The dense vector of the n-th upsert is row n of the file
// of vectors. It is written before the record, so a whole record has a whole vector.
//
// The frame has a checksum of its own, because only a trusted length distinguishes a record that was cut off from one
// that was damaged.
const (
	logMagic    = "leatlog1"
	frameBytes  = 16
	upsertBytes = 32
	deleteBytes = 8
	idBytes     = 24

	opUpsert = 1
	opDelete = 2

	flagUUID  = 1
	flagDense = 2
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// record is one stored point.
type record struct {
	id      pointID
	dense   []float32 // nil if there is none
	indices []uint32  // ascending
	weights []float32
	payload []byte // an encoded qdrant.Struct
}

// corruptError says where a file is damaged.
type corruptError struct {
	file   string
	offset int64
	reason string
}

func (e *corruptError) Error() string {
	return fmt.Sprintf("%s is damaged at offset %d: %s; restore the file, or remove its directory and let leat index again", e.file, e.offset, e.reason)
}

func padded(n int) int { return (n + 7) &^ 7 }

// appendFrame puts a frame around the body that fill appends. The body's checksum covers vector too.
func appendFrame(log []byte, sequence uint32, vector []byte, fill func([]byte) []byte) []byte {
	start := len(log)
	log = fill(append(log, make([]byte, frameBytes)...))
	body := log[start+frameBytes:]
	frame := log[start:]
	binary.LittleEndian.PutUint32(frame[0:], uint32(len(body)))
	binary.LittleEndian.PutUint32(frame[4:], crc32.Update(crc32.Checksum(body, castagnoli), castagnoli, vector))
	binary.LittleEndian.PutUint32(frame[8:], sequence)
	binary.LittleEndian.PutUint32(frame[12:], crc32.Checksum(frame[:12], castagnoli))
	return append(log, make([]byte, padded(len(body))-len(body))...)
}

func (r *record) appendTo(log []byte) []byte {
	flags := byte(0)
	if r.id.uuid {
		flags |= flagUUID
	}
	if r.dense != nil {
		flags |= flagDense
	}
	log = append(log, opUpsert, flags, 0, 0)
	log = binary.LittleEndian.AppendUint32(log, uint32(len(r.indices)))
	log = binary.LittleEndian.AppendUint64(log, r.id.hi)
	log = binary.LittleEndian.AppendUint64(log, r.id.lo)
	log = binary.LittleEndian.AppendUint32(log, uint32(len(r.payload)))
	log = append(log, 0, 0, 0, 0)
	log = append(log, wordBytes(r.indices)...)
	log = append(log, floatBytes(r.weights)...)
	return append(log, r.payload...)
}

func appendDelete(log []byte, ids []pointID) []byte {
	log = append(log, opDelete, 0, 0, 0)
	log = binary.LittleEndian.AppendUint32(log, uint32(len(ids)))
	for _, id := range ids {
		flags := uint64(0)
		if id.uuid {
			flags = flagUUID
		}
		log = binary.LittleEndian.AppendUint64(log, flags)
		log = binary.LittleEndian.AppendUint64(log, id.hi)
		log = binary.LittleEndian.AppendUint64(log, id.lo)
	}
	return log
}

// upsert is a view of an upsert's body.
type upsert []byte

func (u upsert) id() pointID {
	return pointID{binary.LittleEndian.Uint64(u[8:]), binary.LittleEndian.Uint64(u[16:]), u[1]&flagUUID != 0}
}

func (u upsert) hasDense() bool { return u[1]&flagDense != 0 }
func (u upsert) terms() int     { return int(binary.LittleEndian.Uint32(u[4:])) }

func (u upsert) indices() []uint32 {
	return words(u[upsertBytes : upsertBytes+4*u.terms()])
}

func (u upsert) weights() []float32 {
	n := 4 * u.terms()
	return floats(u[upsertBytes+n : upsertBytes+2*n])
}

func (u upsert) payload() []byte {
	start := upsertBytes + 8*u.terms()
	return u[start : start+int(binary.LittleEndian.Uint32(u[24:]))]
}

// valid reports whether the lengths within the body add up to the body's length.
func (u upsert) valid() bool {
	return len(u) >= upsertBytes &&
		uint64(len(u)) == upsertBytes+8*uint64(binary.LittleEndian.Uint32(u[4:]))+uint64(binary.LittleEndian.Uint32(u[24:]))
}

// deletion is a view of a delete's body.
type deletion []byte

func (d deletion) valid() bool {
	return len(d) >= deleteBytes && uint64(len(d)) == deleteBytes+idBytes*uint64(binary.LittleEndian.Uint32(d[4:]))
}

func (d deletion) ids() iter.Seq[pointID] {
	return func(yield func(pointID) bool) {
		for rest := d[deleteBytes:]; len(rest) > 0; rest = rest[idBytes:] {
			id := pointID{binary.LittleEndian.Uint64(rest[8:]), binary.LittleEndian.Uint64(rest[16:]), rest[0] == flagUUID}
			if !yield(id) {
				return
			}
		}
	}
}
