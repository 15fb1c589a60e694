package qdrant

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/qdrant/go-client/qdrant"
)

// segment is a collection's two files, with the part of their content that is on the heap. Slot n is the n-th upsert in
// the log. The collection's lock guards everything except order. A whole request becomes visible under one write lock.
type segment struct {
	shape    shape
	log      *file
	vectors  *file
	sequence uint32 // number of the next record

	ids      []pointID
	bodies   []int64 // where each slot's record begins in the log
	slots    map[pointID]uint32
	live     bitset
	vectored bitset // slots that have a dense vector
	indexes  map[string]qdrant.PayloadSchemaType
	blocks   []*block

	// The first slots were taken from the files of blocks. Their records are read when they are first used.
	unread   uint32 // number of these slots
	readEnd  int64  // end of their records in the log
	verified bitset // the slots among them whose record has been compared with its checksum

	dir        string
	epoch      int
	bits       uint // binary logarithm of a block's slots
	logger     *slog.Logger
	sealed     int // number of blocks whose file is there or has been begun
	sealing    sync.WaitGroup
	oneSealing sync.Mutex
	closing    atomic.Bool
	viewsMu    sync.Mutex
	views      []mapping

	orderMu sync.Mutex
	order   order
}

func logPath(dir string, epoch int) string { return filepath.Join(dir, fmt.Sprintf("%06d.log", epoch)) }
func vectorsPath(dir string, epoch int) string {
	return filepath.Join(dir, fmt.Sprintf("%06d.vectors", epoch))
}

// openSegment opens or creates the files of an epoch and replays the log.
func openSegment(dir string, epoch int, shape shape, indexes map[string]qdrant.PayloadSchemaType, log *slog.Logger) (*segment, error) {
	s := &segment{
		shape: shape, slots: map[pointID]uint32{}, indexes: maps.Clone(indexes),
		dir: dir, epoch: epoch, bits: blockBits, logger: log,
	}
	var err error
	if s.log, err = openFile(logPath(dir, epoch)); err != nil {
		return nil, err
	}
	if s.vectors, err = openFile(vectorsPath(dir, epoch)); err != nil {
		return nil, errors.Join(err, s.log.close(false))
	}
	if err := s.replay(log); err != nil {
		return nil, errors.Join(err, s.close(false))
	}
	s.seal()
	return s, nil
}

func (s *segment) close(sync bool) error {
	s.closing.Store(true)
	s.sealing.Wait()
	return errors.Join(s.unmap(), s.vectors.close(sync), s.log.close(sync))
}

// remove closes the segment and deletes its files.
func (s *segment) remove() error {
	return errors.Join(s.close(false), os.Remove(s.log.Name()), os.Remove(s.vectors.Name()), s.removeBlocks(0))
}

// replay takes full blocks from their files, reads the log from there on, and cuts off the remains of an unacknowledged
// write at its end.
func (s *segment) replay(log *slog.Logger) (err error) {
	defer catch(&err)
	if s.log.size < int64(len(logMagic)) {
		return s.log.writeAt([]byte(logMagic), 0)
	}
	if string(s.log.view[:len(logMagic)]) != logMagic {
		return &corruptError{s.log.Name(), 0, "it does not begin as a log does"}
	}
	offset, err := s.adopt()
	if err != nil {
		return err
	}
	s.complete()
	for offset < s.log.size {
		next, err := s.replayRecord(offset)
		if err != nil {
			return err
		}
		if next == offset {
			log.Warn("dropped a record that was cut off", "file", s.log.Name(), "offset", offset, "bytes", s.log.size-offset)
			return s.log.truncate(offset)
		}
		offset = next
	}
	return nil
}

// replayRecord applies the record at offset and returns where the next one begins. If the record was cut off, it
// returns offset.
func (s *segment) replayRecord(offset int64) (next int64, err error) {
	rest := s.log.view[offset:s.log.size]
	if len(rest) < frameBytes {
		return offset, nil
	}
	corrupt := func(reason string) (int64, error) {
		return 0, &corruptError{s.log.Name(), offset, reason}
	}
	if crc32.Checksum(rest[:12], castagnoli) != binary.LittleEndian.Uint32(rest[12:]) {
		if isZero(rest) { // a file system may lengthen a file before it writes the data
			return offset, nil
		}
		return corrupt("a record's frame does not have its checksum")
	}
	length := int64(binary.LittleEndian.Uint32(rest))
	end := frameBytes + (length+7)&^7
	if end > int64(len(rest)) {
		return offset, nil
	}
	if binary.LittleEndian.Uint32(rest[8:]) != s.sequence {
		return corrupt(fmt.Sprintf("record %d follows record %d", binary.LittleEndian.Uint32(rest[8:]), int64(s.sequence)-1))
	}
	body := rest[frameBytes : frameBytes+length]
	vector, err := s.rowOf(body)
	if err != nil {
		return 0, err
	}
	if crc32.Update(crc32.Checksum(body, castagnoli), castagnoli, vector) != binary.LittleEndian.Uint32(rest[4:]) {
		if end == int64(len(rest)) {
			return offset, nil
		}
		return corrupt(fmt.Sprintf("a record or its vector (row %d of %s) does not have its checksum", len(s.ids), s.vectors.Name()))
	}
	switch {
	case length > 0 && body[0] == opUpsert && upsert(body).valid():
		s.admit(offset + frameBytes)
	case length > 0 && body[0] == opDelete && deletion(body).valid():
		for id := range deletion(body).ids() {
			s.remember(id)
		}
	default:
		return corrupt("a record is of no known form")
	}
	s.sequence++
	return offset + end, nil
}

// rowOf returns the bytes of the next row of vectors if body is an upsert with a vector, else nothing.
func (s *segment) rowOf(body []byte) ([]byte, error) {
	if len(body) < upsertBytes || body[0] != opUpsert || !upsert(body).hasDense() {
		return nil, nil
	}
	start := int64(len(s.ids)) * s.shape.rowBytes()
	end := start + s.shape.rowBytes()
	if end > s.vectors.size {
		return nil, &corruptError{s.vectors.Name(), s.vectors.size, fmt.Sprintf("it ends before row %d, which the log has", len(s.ids))}
	}
	return s.vectors.view[start:end], nil
}

func isZero(b []byte) bool { return len(bytes.TrimLeft(b, "\x00")) == 0 }

// batch is a request that is in the files but not visible yet.
type batch struct {
	bodies  []int64
	deleted []pointID
}

// write appends records and deletions to the files. Readers see nothing of them until apply. The caller holds the
// writers' lock.
func (s *segment) write(records []record, deleted []pointID) (batch, error) {
	row := s.shape.rowBytes()
	rows := make([]byte, int64(len(records))*row)
	var log []byte
	b := batch{bodies: make([]int64, len(records)), deleted: deleted}
	sequence := s.sequence
	for i := range records {
		vector := rows[int64(i)*row:][:copy(rows[int64(i)*row:], floatBytes(records[i].dense))]
		b.bodies[i] = s.log.size + int64(len(log)) + frameBytes
		log = appendFrame(log, sequence, vector, records[i].appendTo)
		sequence++
	}
	if len(deleted) > 0 {
		log = appendFrame(log, sequence, nil, func(log []byte) []byte { return appendDelete(log, deleted) })
		sequence++
	}
	if err := s.vectors.writeAt(rows, int64(len(s.ids))*row); err != nil {
		return b, err
	}
	if err := s.log.writeAt(log, s.log.size); err != nil {
		return b, errors.Join(err, s.log.truncate(s.log.size))
	}
	s.sequence = sequence
	return b, nil
}

// apply makes a batch visible. The caller holds the readers' lock for writing.
func (s *segment) apply(b batch) {
	for _, body := range b.bodies {
		s.admit(body)
	}
	for _, id := range b.deleted {
		s.remember(id)
	}
}

// admit gives the upsert at body the next slot.
func (s *segment) admit(body int64) {
	b := s.growing()
	slot := uint32(len(s.ids))
	u := upsert(s.log.view[body:])
	id := u.id()
	s.kill(id)
	s.ids = append(s.ids, id)
	s.bodies = append(s.bodies, body)
	s.slots[id] = slot
	s.live, s.vectored = s.live.grown(len(s.ids)), s.vectored.grown(len(s.ids))
	s.live.set(slot)
	var dense []float32
	if u.hasDense() {
		s.vectored.set(slot)
		dense = s.dense(slot)
	}
	b.part.Load().add(uint16(slot-b.base), u, dense)
	s.indexTerms(b, int(slot-b.base)+1)
}

// remember kills the slot of a deleted point, and records the deletion in the growing block.
func (s *segment) remember(id pointID) {
	if _, found := s.slots[id]; found {
		b := s.growing()
		b.deleted = append(b.deleted, deleted{uint32(len(s.ids)) - b.base, id})
		s.kill(id)
	}
}

func (s *segment) kill(id pointID) {
	if slot, found := s.slots[id]; found {
		s.live.clear(slot)
		s.blocks[slot>>s.bits].dead++
		delete(s.slots, id)
	}
}

// indexBlock builds the index of a field for the slots in a block.
func (s *segment) indexBlock(b *block, name string, kind qdrant.PayloadSchemaType) *field {
	f := newField(kind)
	for i := range uint32(s.slotsOf(b)) {
		if value, found := lookup(s.at(b.base+i).payload(), name); found {
			f.add(uint16(i), value)
		}
	}
	return f
}

func (s *segment) at(slot uint32) upsert {
	if slot < s.unread {
		s.verify(slot)
	}
	return upsert(s.log.view[s.bodies[slot]:])
}

// dense returns a slot's vector without copying it.
func (s *segment) dense(slot uint32) []float32 {
	if slot < s.unread {
		s.verify(slot)
	}
	row := s.shape.rowBytes()
	return floats(s.vectors.view[int64(slot)*row : int64(slot+1)*row])
}

// spare lets the mappings of both files give back memory after this number of slots has been read.
func (s *segment) spare(slots int) {
	s.vectors.spare(slots, int64(len(s.ids))*s.shape.rowBytes())
	s.log.spare(slots, s.bodies[len(s.bodies)-1])
}

// record returns a slot's point without copying it.
func (s *segment) record(slot uint32) record {
	u := s.at(slot)
	r := record{id: s.ids[slot], indices: u.indices(), weights: u.weights(), payload: u.payload()}
	if s.vectored.has(slot) {
		r.dense = s.dense(slot)
	}
	return r
}

// sorted returns the slots by ascending id, including dead ones.
func (s *segment) sorted() []uint32 {
	s.orderMu.Lock()
	defer s.orderMu.Unlock()
	s.order = s.order.extend(s.ids, s.live)
	return s.order.slots
}

// minDead is the number of dead slots below which a collection is not compacted, so that small collections are not
// written anew all the time.
const minDead = 4096

// wasteful reports whether more slots are dead than live.
func (s *segment) wasteful() bool {
	dead := len(s.ids) - len(s.slots)
	return dead >= minDead && dead > len(s.slots)
}
