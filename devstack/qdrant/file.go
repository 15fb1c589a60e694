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

// maxFileBytes is how much of the address space a file reserves, and so how
// large it can become. A reservation costs no memory, and spares readers a
// remapping under their feet.
const maxFileBytes = 16 << 30

var errFileFull = errors.New("the file has reached its limit of 16 GiB")

// file is an append-only file and a mapping of it. The caller locks while it
// appends; reading earlier bytes needs no lock.
type file struct {
	*os.File
	view    []byte // the reservation; only view[:size] may be touched
	size    int64
	touched atomic.Int64 // places that were read here and there, see spare
}

// A read of a place maps some pages around it. They count as memory of this process,
// though the kernel can take them back at any time.
const (
	spareBytes  = 1 << 30 // smaller files are not worth it
	sparePlaces = 8 << 10 // 512 MiB, with the 64 KiB that Linux maps for each
)

// spare gives back the pages of the first size bytes, which a lock keeps as they are,
// once so many places have been read that they are a large part of the file. The pages
// stay in the kernel's cache.
func (f *file) spare(places int, size int64) {
	if size < spareBytes || f.touched.Add(int64(places)) < sparePlaces {
		return
	}
	f.touched.Store(0)
	// A failure costs memory, and nothing else.
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

// floats and words read a mapping in place. The bytes are aligned to four and
// in the machine's order, which is little-endian on nearly every machine. A
// file that a big-endian machine wrote can be read there only.
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
