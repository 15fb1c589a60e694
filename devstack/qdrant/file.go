//go:build unix

package qdrant

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxFileBytes is how much address space a file reserves, and so how large it can become. A reservation costs no
// memory, and saves readers from a change of the mapping while they read.
const maxFileBytes = 16 << 30

var errFileFull = errors.New("the file has reached its limit of 16 GiB")

// file is an append-only file with a mapping of it. The caller holds a lock while it appends. Reading earlier bytes
// needs no lock.
type file struct {
	*os.File
	view    []byte // the whole reservation, of which only view[:size] may be touched
	size    int64
	touched atomic.Int64 // number of scattered places that were read, see spare
}

// A read of a place maps some pages around it. They count as memory of this process, although the kernel can take them
// back at any time.
const (
	spareBytes  = 1 << 30 // smaller files are not worth it
	sparePlaces = 8 << 10 // 512 MiB, because Linux maps 64 KiB for each place
)

// spare gives back the pages of the first size bytes once many places of the file have been read. The caller's lock
// keeps these bytes as they are, and the pages stay in the kernel's cache.
func (f *file) spare(places int, size int64) {
	if size < spareBytes || f.touched.Add(int64(places)) < sparePlaces {
		return
	}
	f.touched.Store(0)
	// A failure costs only memory.
	_ = unix.Madvise(f.view[:size&^int64(os.Getpagesize()-1)], unix.MADV_DONTNEED)
}

func openFile(path string) (*file, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.Size() > maxFileBytes {
		err = fmt.Errorf("open %s: %w", path, errFileFull)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	view, err := unix.Mmap(int(f.Fd()), 0, maxFileBytes, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("map %s: %w (an address space limit, as by ulimit -v, must leave room for 16 GiB a file)", path, err), f.Close())
	}
	return &file{File: f, view: view, size: info.Size()}, nil
}

// writeAt writes at offset, which is at most size, and makes that the end.
func (f *file) writeAt(data []byte, offset int64) error {
	if offset+int64(len(data)) > maxFileBytes {
		return fmt.Errorf("append to %s: %w", f.Name(), errFileFull)
	}
	if _, err := f.WriteAt(data, offset); err != nil {
		return err
	}
	f.size = offset + int64(len(data))
	return nil
}

// truncate drops the bytes after size.
func (f *file) truncate(size int64) error {
	f.size = size
	return f.Truncate(size)
}

func (f *file) close(sync bool) error {
	var err error
	if sync {
		err = f.Sync()
	}
	return errors.Join(err, unix.Munmap(f.view), f.Close())
}

// floats and words read a mapping in place. The bytes are aligned to four and in the machine's order, which is
// little-endian on nearly every machine. Only a big-endian machine can read a file that such a machine wrote.
func floats(b []byte) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
}

func words(b []byte) []uint32 {
	return unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
}

func floatBytes(f []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(f))), len(f)*4)
}

func wordBytes(w []uint32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(w))), len(w)*4)
}
