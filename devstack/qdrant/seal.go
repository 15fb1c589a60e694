package qdrant

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"maps"
	"os"
	"slices"
	"sync/atomic"

	"github.com/qdrant/go-client/qdrant"
	"golang.org/x/sys/unix"
)

// seal starts to write the files of all full blocks that have none yet. Readers and writers go on meanwhile. The caller
// holds the writers' lock. A block whose file cannot be written stays on the heap.
func (s *segment) seal() {
	for ; s.sealed < len(s.blocks) && s.slotsOf(s.blocks[s.sealed]) == 1<<s.bits; s.sealed++ {
		b, number := s.blocks[s.sealed], s.sealed
		first, last := int(b.base), int(b.base)+1<<s.bits
		f := &full{
			description: blockDescription{Slots: 1 << s.bits, Shape: s.shape},
			ids:         s.ids[first:last:last], bodies: s.bodies[first:last:last],
			vectored: slices.Clone(s.words(s.vectored, b)), deleted: b.deleted, part: b.part.Load(),
		}
		frame := s.log.view[f.bodies[len(f.bodies)-1]-frameBytes:]
		f.description.End = f.bodies[len(f.bodies)-1] + int64(padded(int(binary.LittleEndian.Uint32(frame))))
		f.description.Sequence = binary.LittleEndian.Uint32(frame[8:]) + 1
		s.sealing.Go(func() {
			s.oneSealing.Lock() // each sealing takes as much memory as its block
			defer s.oneSealing.Unlock()
			if s.closing.Load() {
				return
			}
			if err := s.sealOne(b, f, blockPath(s.dir, s.epoch, number)); err != nil && !s.closing.Load() {
				s.logger.Warn("a block of points stays in memory, because its file cannot be written", "file", blockPath(s.dir, s.epoch, number), "error", err)
			}
		})
	}
}

// sealOne writes a block's file and lets readers use it. Before that, it makes sure that the records of the block are
// on the disk.
func (s *segment) sealOne(b *block, f *full, path string) error {
	if err := errors.Join(s.log.Sync(), s.vectors.Sync()); err != nil {
		return err
	}
	if err := f.write(path); err != nil {
		return err
	}
	view, err := mapFile(path)
	if err != nil {
		return err
	}
	s.keep(view)
	read, err := view.parse()
	if err != nil {
		return err
	}
	b.part.CompareAndSwap(f.part, read.part) // it fails if a field has been indexed meanwhile
	return nil
}

func (s *segment) keep(view mapping) {
	s.viewsMu.Lock()
	defer s.viewsMu.Unlock()
	s.views = append(s.views, view)
}

// unmap ends the use of the blocks' files. No reader may be left.
func (s *segment) unmap() error {
	s.viewsMu.Lock()
	defer s.viewsMu.Unlock()
	var err error
	for _, view := range s.views {
		err = errors.Join(err, unix.Munmap(view))
	}
	s.views = nil
	return err
}

// adopt takes blocks from their files, up to the first block without a file. It removes files that are of no use, and
// returns where the log goes on.
func (s *segment) adopt() (offset int64, err error) {
	offset = int64(len(logMagic))
	for number := 0; ; number++ {
		path := blockPath(s.dir, s.epoch, number)
		end, err := s.adoptOne(path, offset)
		if err == nil {
			offset = end
			continue
		}
		if !errors.Is(err, fs.ErrNotExist) {
			s.logger.Warn("a block's file cannot be used and is made anew", "file", path, "error", err)
		}
		s.sealed = number
		s.unread, s.readEnd = uint32(len(s.ids)), offset
		s.verified = make(bitset, (len(s.ids)+63)/64)
		return offset, s.removeBlocks(number)
	}
}

func (s *segment) adoptOne(path string, offset int64) (end int64, err error) {
	view, err := mapFile(path)
	if err != nil {
		return 0, err
	}
	f, err := view.parse()
	if err == nil {
		err = s.suits(&f, offset)
	}
	if err != nil {
		return 0, errors.Join(err, unix.Munmap(view))
	}
	s.keep(view)
	b := &block{base: uint32(len(s.ids)), deleted: f.deleted}
	s.blocks = append(s.blocks, b)
	s.live, s.vectored = s.live.grown(len(s.ids)+len(f.ids)), append(s.vectored, f.vectored...)
	gone := f.deleted
	for i, id := range f.ids {
		for ; len(gone) > 0 && gone[0].at == uint32(i); gone = gone[1:] {
			s.kill(gone[0].id)
		}
		s.kill(id)
		slot := uint32(len(s.ids))
		s.ids = append(s.ids, id)
		s.slots[id] = slot
		s.live.set(slot)
	}
	s.bodies = append(s.bodies, f.bodies...)
	s.sequence = f.description.Sequence
	b.part.Store(f.part)
	return f.description.End, nil
}

// suits reports whether a block's file continues this segment.
func (s *segment) suits(f *full, offset int64) error {
	d := f.description
	switch {
	case d.Slots != 1<<s.bits || len(f.ids) != d.Slots || len(f.bodies) != d.Slots || d.Shape != s.shape:
		return errors.New("it is of another form")
	case f.bodies[0] < offset || d.End > s.log.size || int64(len(s.ids)+d.Slots)*s.shape.rowBytes() > s.vectors.size:
		return errors.New("it is not of this log")
	}
	return nil
}

// complete indexes the fields that the files of the adopted blocks lack.
func (s *segment) complete() {
	for _, b := range s.blocks {
		p := b.part.Load()
		for name, kind := range s.indexes {
			if f := p.fields[name]; f == nil || f.kind != kind {
				p.fields[name] = s.indexBlock(b, name, kind)
			}
		}
	}
}

// setIndexes changes which fields are indexed. built holds the index of a field for each block, or is empty if the
// field is no longer indexed. The part of a block is replaced and not changed, because the block's file may come into
// use meanwhile.
func (s *segment) setIndexes(indexes map[string]qdrant.PayloadSchemaType, name string, built []*field) {
	s.indexes = maps.Clone(indexes)
	for i, b := range s.blocks {
		for {
			before := b.part.Load()
			renewed := *before
			renewed.fields = maps.Clone(before.fields)
			delete(renewed.fields, name)
			if len(built) > 0 {
				renewed.fields[name] = built[i]
			}
			if b.part.CompareAndSwap(before, &renewed) {
				break
			}
		}
	}
}

// removeBlocks removes the files of the blocks from a number on.
func (s *segment) removeBlocks(number int) error {
	for ; ; number++ {
		err := os.Remove(blockPath(s.dir, s.epoch, number))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// verify compares a record that was not read at the start with its checksum. If they differ, it panics with a
// *corruptError, which [catch] turns into an error.
func (s *segment) verify(slot uint32) {
	bit := uint64(1) << (slot & 63)
	if atomic.LoadUint64(&s.verified[slot>>6])&bit != 0 {
		return
	}
	body := s.bodies[slot]
	damaged := func(reason string) { panic(&corruptError{s.log.Name(), body - frameBytes, reason}) }
	if body < frameBytes || body > s.readEnd {
		damaged("a record lies outside")
	}
	frame := s.log.view[body-frameBytes : body]
	length := int64(binary.LittleEndian.Uint32(frame))
	if crc32.Checksum(frame[:12], castagnoli) != binary.LittleEndian.Uint32(frame[12:]) || body+length > s.readEnd {
		damaged("a record's frame does not have its checksum")
	}
	u := upsert(s.log.view[body : body+length])
	if length == 0 || u[0] != opUpsert || !u.valid() || u.id() != s.ids[slot] || u.hasDense() != s.vectored.has(slot) {
		damaged("a record is of no known form")
	}
	var vector []byte
	if u.hasDense() {
		row := s.shape.rowBytes()
		vector = s.vectors.view[int64(slot)*row : int64(slot+1)*row]
	}
	if crc32.Update(crc32.Checksum(u, castagnoli), castagnoli, vector) != binary.LittleEndian.Uint32(frame[4:]) {
		damaged(fmt.Sprintf("a record or its vector (row %d of %s) does not have its checksum", slot, s.vectors.Name()))
	}
	atomic.OrUint64(&s.verified[slot>>6], bit)
}

// catch turns the panic about a damaged record into an error.
func catch(err *error) {
	switch reason := recover().(type) {
	case nil:
	case *corruptError:
		*err = reason
	default:
		panic(reason)
	}
}
