package git

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"
	"strconv"

	"github.com/leatworks/leat/internal/fault"
)

// Repo reads one mirror. It is safe for concurrent use.
//
// A mirror can be replaced or removed while it is read. Reading then fails with an error
// that can be retried after a Fetch. Reading never passes off a part as the whole.
type Repo struct {
	mirrors *Mirrors
	id      string
}

// Kind says what an entry of a tree is.
type Kind int

// The kinds of entries.
const (
	File Kind = iota
	Executable
	Symlink   // its blob is the target's path
	Submodule // its OID is a commit of another repository
)

func (k Kind) String() string {
	switch k {
	case Executable:
		return "executable"
	case Symlink:
		return "symlink"
	case Submodule:
		return "submodule"
	}
	return "file"
}

// Entry is one path of a tree.
type Entry struct {
	Path []byte // as git holds it: any bytes but NUL; if it is over 64 KiB, its beginning and a hash
	Mode uint32 // as git holds it, for example 0o100644
	Kind Kind
	OID  string
}

// Change is a path that differs between two trees: it was added, modified, changed in
// type, or deleted. The Entry is the new one or, for a deletion, the old one.
type Change struct {
	Entry
	Deleted bool
}

// Tree lists every path of a commit's tree, symbolic links and submodules
// too, in git's order. It ends after the first error; without one it is complete.
func (r *Repo) Tree(ctx context.Context, commit string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		records, err := r.records(ctx, []string{"ls-tree", "-r", "-z", "--full-tree"}, []string{commit})
		if err != nil {
			yield(Entry{}, fmt.Errorf("list tree of %s: %w", commit, err))
			return
		}
		defer records.close()
		for {
			entry, err := records.entry()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Entry{}, fmt.Errorf("list tree of %s: %w", commit, err))
				return
			}
			if !yield(entry, nil) {
				return
			}
		}
	}
}

// Diff lists the paths that differ between two commits' trees, in git's order;
// a rename is a deletion and an addition. It ends after the first error; without
// one it is complete.
func (r *Repo) Diff(ctx context.Context, from, to string) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		records, err := r.records(ctx, []string{"diff-tree", "-r", "-z", "--no-renames", "--ignore-submodules=none"}, []string{from, to})
		if err != nil {
			yield(Change{}, fmt.Errorf("compare %s with %s: %w", from, to, err))
			return
		}
		defer records.close()
		for {
			change, err := records.change()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Change{}, fmt.Errorf("compare %s with %s: %w", from, to, err))
				return
			}
			if !yield(change, nil) {
				return
			}
		}
	}
}

// Has says whether the mirror holds a commit and its tree.
func (r *Repo) Has(ctx context.Context, commit string) bool {
	if checkOID(commit) != nil || checkID(r.id) != nil {
		return false
	}
	_, err := r.mirrors.run(ctx, r.command("cat-file", "-e", commit+"^{tree}"))
	return err == nil
}

// File returns the content of one path of a commit, and whether the path is a file. A
// symbolic link, a directory or a submodule is none. The error for a file of more than
// max bytes is ErrTooLarge.
func (r *Repo) File(ctx context.Context, commit, path string, max int64) ([]byte, bool, error) {
	content, found, err := r.file(ctx, commit, path, max)
	if err != nil {
		err = fmt.Errorf("read %q of %s: %w", path, commit, err)
	}
	return content, found, err
}

func (r *Repo) file(ctx context.Context, commit, path string, max int64) ([]byte, bool, error) {
	if !fs.ValidPath(path) || path == "." {
		return nil, false, nil
	}
	records, err := r.records(ctx, []string{"ls-tree", "-z", "--full-tree"}, []string{commit}, path)
	if err != nil {
		return nil, false, err
	}
	defer records.close()
	entry, err := records.entry()
	if errors.Is(err, io.EOF) {
		return nil, false, nil
	}
	if err != nil || string(entry.Path) != path || entry.Kind > Executable || entry.Mode&modeType == modeTree {
		return nil, false, err
	}
	blobs, err := r.Blobs(ctx)
	if err != nil {
		return nil, false, err
	}
	defer blobs.Close()
	switch sizes, err := blobs.Sizes([]string{entry.OID}); {
	case err != nil || sizes[0] == NoBlob:
		return nil, false, err
	case sizes[0] == TooBig:
		return nil, true, fault.Reject(fmt.Errorf("%w: over %d bytes; at most %d are read", ErrTooLarge, largeBlob, max))
	}
	blobs.Request(entry.OID)
	blob, err := blobs.Next()
	if err != nil {
		return nil, false, err
	}
	if blob.Size > max {
		return nil, true, fault.Reject(fmt.Errorf("%w: %d bytes; at most %d are read", ErrTooLarge, blob.Size, max))
	}
	content, err := io.ReadAll(blob)
	return content, err == nil, err
}

func (r *Repo) dir() string { return r.mirrors.dir(r.id) }

func (r *Repo) command(args ...string) command {
	return command{gitDir: r.dir(), args: args}
}

// records reads the NUL-ended records that a command prints.
type records struct {
	reading
	process *process
	reader  *bufio.Reader
	commits []string
}

// reading remembers which mirror was there when reading began.
type reading struct {
	repo   *Repo
	mirror os.FileInfo // nil if there was none
}

func (r *Repo) reading() reading {
	info, err := os.Stat(r.dir())
	if err != nil {
		info = nil
	}
	return reading{r, info}
}

// doubt marks the mirror as one whose objects cannot be read. It does not if another
// mirror has taken its place: that one may be sound, and only lack objects of the old one.
func (r reading) doubt() {
	now, err := os.Stat(r.repo.dir())
	if err == nil && r.mirror != nil && os.SameFile(now, r.mirror) {
		distrust(r.repo.dir())
	}
}

// maxRecord bounds a path and the fields before it.
const maxRecord = 64 << 10

// records starts a command that reads commits, or one path of them.
func (r *Repo) records(ctx context.Context, options, commits []string, path ...string) (*records, error) {
	if err := checkID(r.id); err != nil {
		return nil, err
	}
	for _, commit := range commits {
		if err := checkOID(commit); err != nil {
			return nil, err
		}
	}
	args := slices.Concat(options, commits, []string{"--"}, path)
	reading := r.reading()
	process, _, out, err := r.mirrors.start(ctx, r.command(args...), false, nil)
	if err != nil {
		return nil, err
	}
	return &records{reading, process, bufio.NewReaderSize(out, maxRecord), commits}, nil
}

func (r *records) close() { r.process.stop() }

// next returns a record, valid until the next call, and io.EOF after the last
// one of a command that succeeded.
func (r *records) next() ([]byte, error) {
	record, err := r.reader.ReadSlice(0)
	switch {
	case err == nil:
		return record[:len(record)-1], nil
	case errors.Is(err, bufio.ErrBufferFull):
		return r.long(bytes.Clone(record))
	case !errors.Is(err, io.EOF) || len(record) > 0:
		err = r.process.failed(io.ErrUnexpectedEOF)
	default:
		err = r.process.wait()
		if err == nil {
			return nil, io.EOF
		}
	}
	return nil, r.failed(err)
}

// keptPath is how much is kept of a path that is longer than a record, in bytes.
const keptPath = maxRecord / 2

// long reads the rest of a record that is longer than maxRecord. It keeps a part of the
// path and a hash of the whole, so that no two paths of a tree become one.
func (r *records) long(begin []byte) ([]byte, error) {
	path := 0
	if tab := bytes.IndexByte(begin[:min(len(begin), 128)], '\t'); tab >= 0 && begin[0] != ':' {
		path = tab + 1
	}
	sum := sha256.New()
	sum.Write(begin[path:])
	for {
		more, err := r.reader.ReadSlice(0)
		if err == nil {
			sum.Write(more[:len(more)-1])
			return fmt.Appendf(begin[:path+keptPath], "…sha256:%x", sum.Sum(nil)), nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, r.failed(r.process.failed(io.ErrUnexpectedEOF))
		}
		sum.Write(more)
	}
}

// failed marks a mirror as doubtful if it holds the commits but cannot list them.
func (r *records) failed(err error) error {
	ctx := r.process.ctx
	for _, commit := range r.commits {
		if !r.repo.Has(ctx, commit) {
			return fmt.Errorf("%w %s (%w)", ErrNoCommit, commit, err)
		}
	}
	if kind, _ := fault.Of(err); ctx.Err() == nil && kind != fault.KindReject {
		r.doubt()
	}
	return err
}

const (
	modeType      = 0o170000
	modeTree      = 0o040000
	modeSymlink   = 0o120000
	modeSubmodule = 0o160000
)

// entry reads "mode SP type SP oid TAB path".
func (r *records) entry() (Entry, error) {
	record, err := r.next()
	if err != nil {
		return Entry{}, err
	}
	head, path, found := bytes.Cut(record, []byte{'\t'})
	fields := bytes.Fields(head)
	if !found || len(fields) != 3 {
		return Entry{}, fmt.Errorf("unexpected record %.80q", record)
	}
	return newEntry(fields[0], fields[2], path)
}

// change reads ":mode mode oid oid status NUL path".
func (r *records) change() (Change, error) {
	record, err := r.next()
	if err != nil {
		return Change{}, err
	}
	fields := bytes.Fields(bytes.Clone(record)) // next overwrites the record
	if len(fields) != 5 || len(fields[0]) < 2 || fields[0][0] != ':' {
		return Change{}, fmt.Errorf("unexpected record %.80q", record)
	}
	path, err := r.next()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return Change{}, err
	}
	if fields[4][0] == 'D' {
		entry, err := newEntry(fields[0][1:], fields[2], path)
		return Change{entry, true}, err
	}
	entry, err := newEntry(fields[1], fields[3], path)
	return Change{entry, false}, err
}

func newEntry(mode, oid, path []byte) (Entry, error) {
	bits, err := strconv.ParseUint(string(mode), 8, 32)
	if err != nil {
		return Entry{}, fmt.Errorf("unexpected mode %.20q", mode)
	}
	entry := Entry{Path: bytes.Clone(path), Mode: uint32(bits), OID: string(oid)}
	switch {
	case bits&modeType == modeSymlink:
		entry.Kind = Symlink
	case bits&modeType == modeSubmodule:
		entry.Kind = Submodule
	case bits&0o100 != 0:
		entry.Kind = Executable
	}
	return entry, checkOID(entry.OID)
}
