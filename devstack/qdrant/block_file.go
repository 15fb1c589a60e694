package qdrant

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"slices"
	"unsafe"

	"github.com/qdrant/go-client/qdrant"
	"golang.org/x/sys/unix"
)

// The file of a full block begins with a magic number, the CRC-32C of everything after it, and the number of sections.
// Then come the lengths of the sections, with 8 bytes each, and the sections, each at a multiple of 64 bytes: a
// description in JSON, the ids, the places of the records, the slots with a vector, the deletions, the codes and their
// bounds, the postings, and six sections for each field. Numbers are in the machine's order, as in the file of vectors.
//
// The file holds nothing that the log does not hold. A file that is missing, damaged or of another version is made
// anew. The file says which records there are, so that a start need not read them. The checksum of a record that was
// not read at the start is compared when the record is first used.
const (
	blockMagic      = "leatblk1"
	blockHeader     = 16
	blockAlign      = 64
	blockIDBytes    = 24
	maxBlockFile    = 8 << 30
	maxBlockSection = math.MaxUint32 // places within a section have 32 bits
	partSections    = 6              // sections of a part, before those of its fields
	fieldSections   = 6
)

// blockDescription says to which block a file belongs.
type blockDescription struct {
	Slots    int      `json:"slots"`
	End      int64    `json:"end"`      // end of the last slot's record in the log
	Sequence uint32   `json:"sequence"` // number of the record after that
	Shape    shape    `json:"shape"`
	Fields   []string `json:"fields"`

	Kinds []qdrant.PayloadSchemaType `json:"kinds"` // kinds of the fields
}

func blockPath(dir string, epoch, number int) string {
	return filepath.Join(dir, fmt.Sprintf("%06d.block%06d", epoch, number))
}

// isBlock reports whether a name is that of a block's file in the epoch.
func isBlock(name string, epoch int) bool {
	var number int
	_, err := fmt.Sscanf(name, fmt.Sprintf("%06d.block%%d", epoch), &number)
	return err == nil && name == blockPath("", epoch, number)
}

// full is a full block in the form in which it is written into a file.
type full struct {
	description blockDescription
	ids         []pointID
	bodies      []int64
	vectored    bitset
	deleted     []deleted
	part        *part
}

// sections lists the content of the file.
func (f *full) sections() ([][]byte, error) {
	for name := range f.part.fields {
		f.description.Fields = append(f.description.Fields, name)
		f.description.Kinds = append(f.description.Kinds, f.part.fields[name].kind)
	}
	description, err := json.Marshal(f.description)
	if err != nil {
		return nil, err
	}
	var ids, gone []byte
	for _, id := range f.ids {
		ids = id.appendTo(ids)
	}
	for _, d := range f.deleted {
		gone = d.id.appendTo(binary.LittleEndian.AppendUint64(gone, uint64(d.at)))
	}
	terms := joined(f.part.runs)
	list := [][]byte{
		description, ids, bytesOf(f.bodies), bytesOf(f.vectored), gone,
		f.part.allCodes(len(f.ids)), bytesOf(f.part.bounds),
		bytesOf(terms.terms), bytesOf(terms.ends), bytesOf(terms.slots), bytesOf(terms.weights),
	}
	for _, name := range f.description.Fields {
		field := f.part.fields[name].flat()
		list = append(list, bytesOf(field.table), field.keys, bytesOf(field.ends), bytesOf(field.places), bytesOf(field.slots), bytesOf(field.sets))
	}
	for _, section := range list {
		if len(section) > maxBlockSection {
			return nil, fmt.Errorf("a section of %d bytes", len(section))
		}
	}
	return list, nil
}

// write makes the file. The file exists as a whole or not at all.
func (f *full) write(path string) error {
	sections, err := f.sections()
	if err != nil {
		return err
	}
	temporary := path + ".new"
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	out := &blockWriter{out: bufio.NewWriterSize(file, 1<<20)}
	out.write(make([]byte, blockHeader-4))
	out.sum = 0
	out.write(binary.LittleEndian.AppendUint32(nil, uint32(len(sections))))
	for _, section := range sections {
		out.write(binary.LittleEndian.AppendUint64(nil, uint64(len(section))))
	}
	for _, section := range sections {
		out.write(make([]byte, -out.size&(blockAlign-1)))
		out.write(section)
	}
	header := binary.LittleEndian.AppendUint32([]byte(blockMagic), out.sum)
	err = errors.Join(out.err, out.out.Flush())
	if err == nil {
		_, err = file.WriteAt(header, 0)
	}
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	return os.Rename(temporary, path)
}

// blockWriter counts what it writes, and keeps the checksum and the first error.
type blockWriter struct {
	out  *bufio.Writer
	size int
	sum  uint32
	err  error
}

func (w *blockWriter) write(data []byte) {
	if w.err == nil {
		_, w.err = w.out.Write(data)
	}
	w.size += len(data)
	w.sum = crc32.Update(w.sum, castagnoli, data)
}

// mapping is a file that is mapped into memory.
type mapping []byte

func mapFile(path string) (mapping, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() < blockHeader || info.Size() > maxBlockFile {
		return nil, fmt.Errorf("%s has %d bytes", path, info.Size())
	}
	return unix.Mmap(int(file.Fd()), 0, int(info.Size()), unix.PROT_READ, unix.MAP_SHARED)
}

// parse reads a block's file and compares it with its checksum.
func (m mapping) parse() (f full, err error) {
	if string(m[:8]) != blockMagic || crc32.Checksum(m[blockHeader-4:], castagnoli) != binary.LittleEndian.Uint32(m[8:]) {
		return f, errors.New("it does not have its checksum")
	}
	sections := make([][]byte, binary.LittleEndian.Uint32(m[12:]))
	at := uint64(blockHeader + 8*len(sections))
	for i := range sections {
		length := binary.LittleEndian.Uint64(m[blockHeader+8*i:])
		at = (at + blockAlign - 1) &^ (blockAlign - 1)
		sections[i] = m[at : at+length]
		at += length
	}
	next := func() (section []byte) {
		section, sections = sections[0], sections[1:]
		return section
	}
	if err := json.Unmarshal(next(), &f.description); err != nil {
		return f, err
	}
	if len(sections) != 4+partSections+fieldSections*len(f.description.Fields) {
		return f, errors.New("it has another number of sections")
	}
	ids := next()
	f.ids = make([]pointID, 0, len(ids)/blockIDBytes)
	for rest := ids; len(rest) > 0; rest = rest[blockIDBytes:] {
		f.ids = append(f.ids, parseStoredID(rest))
	}
	f.bodies, f.vectored = listOf[int64](next()), listOf[uint64](next())
	for rest := next(); len(rest) > 0; rest = rest[8+blockIDBytes:] {
		f.deleted = append(f.deleted, deleted{uint32(binary.LittleEndian.Uint64(rest)), parseStoredID(rest[8:])})
	}
	codes := listOf[int8](next())
	f.part = &part{bounds: listOf[bounds](next()), indexed: len(f.ids), fields: map[string]*field{}}
	f.part.runs = []postings{{listOf[uint32](next()), listOf[uint32](next()), listOf[uint16](next()), listOf[float32](next())}}
	for i, name := range f.description.Fields {
		f.part.fields[name] = &field{
			kind: f.description.Kinds[i], table: listOf[uint32](next()), keys: next(), ends: listOf[uint32](next()),
			places: listOf[uint32](next()), slots: listOf[uint16](next()), sets: listOf[uint64](next()),
		}
	}
	if f.description.Shape.quantized() {
		f.part.width = f.description.Shape.codeWidth()
		f.part.codes = slices.Collect(slices.Chunk(codes, runSlots*f.part.width))
	}
	return f, nil
}

// allCodes returns the codes of a block's slots as bytes.
func (p *part) allCodes(slots int) []byte {
	var all []byte
	for _, codes := range p.codes {
		all = append(all, bytesOf(codes)...)
	}
	return all[:slots*p.width]
}

func (a pointID) appendTo(data []byte) []byte {
	flags := uint64(0)
	if a.uuid {
		flags = flagUUID
	}
	data = binary.LittleEndian.AppendUint64(data, flags)
	data = binary.LittleEndian.AppendUint64(data, a.hi)
	return binary.LittleEndian.AppendUint64(data, a.lo)
}

func parseStoredID(data []byte) pointID {
	return pointID{binary.LittleEndian.Uint64(data[8:]), binary.LittleEndian.Uint64(data[16:]), data[0] == flagUUID}
}

// bytesOf and listOf see the same memory as bytes and as a list, see [floats].
func bytesOf[T any, L ~[]T](list L) []byte {
	var one T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(list))), len(list)*int(unsafe.Sizeof(one)))
}

func listOf[T any](b []byte) []T {
	var one T
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(one)))
}
