package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/leatworks/leat/internal/fault"
)

// readRange fills into with the object's bytes from offset. Where arrived is not nil, it is told those that are there,
// each time that some more are; none: they are read anew.
func (s *Store) readRange(ctx context.Context, key string, offset int64, into []byte, arrived func([]byte)) error {
	if len(into) == 0 {
		return ctx.Err()
	}
	r := byteRange{key: key, offset: offset}
	if err := s.fill(ctx, &r, into, arrived); err != nil {
		return err
	}
	if r.n < len(into) {
		return corrupt(key, offset, "the object ends after %s bytes, before %d", r.total, offset+int64(len(into)))
	}
	return nil
}

// readPage returns a page of a pack. The last one is shorter, and the ones after it are empty.
func (s *Store) readPage(ctx context.Context, key pageKey) ([]byte, error) {
	r := byteRange{key: key.object, offset: key.number * pageBytes}
	data := make([]byte, pageBytes)
	err := s.fill(ctx, &r, data, nil)
	if errors.Is(err, errBeyond) {
		return nil, nil
	}
	return bytes.Clone(data[:r.n]), err
}

// byteRange is the part of an object that was read.
type byteRange struct {
	key    string
	offset int64
	n      int    // bytes that exist of the requested ones
	total  string // size of the object
}

// errCut marks a body that ended before its announced length, and errBeyond a range that begins behind the object.
var (
	errCut    = errors.New("connection broke")
	errBeyond = errors.New("the range is beyond the object")
)

// fill reads as much as there is. It tries again when the connection breaks within the body; minio-go retries failures
// before that.
func (s *Store) fill(ctx context.Context, r *byteRange, into []byte, arrived func([]byte)) error {
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	var err error
	for range maxAttempts {
		if err = s.tryRange(bounded, r, into, arrived); !errors.Is(err, errCut) {
			break
		}
	}
	switch {
	case err == nil:
		return nil
	case minio.ToErrorResponse(err).StatusCode == http.StatusRequestedRangeNotSatisfiable:
		return errors.Join(errBeyond, corrupt(r.key, r.offset, "the object ends before it"))
	}
	return s.explain(ctx, "read "+r.key, err)
}

func (s *Store) tryRange(ctx context.Context, r *byteRange, into []byte, arrived func([]byte)) error {
	last := r.offset + int64(len(into)) - 1
	var opts minio.GetObjectOptions
	opts.Set("Range", fmt.Sprintf("bytes=%d-%d", r.offset, last))
	body, info, header, err := s.core.GetObject(ctx, s.bucket, s.prefix+r.key, opts)
	if err != nil {
		return err
	}
	defer body.Close()
	from, ok := strings.CutPrefix(header.Get("Content-Range"), fmt.Sprintf("bytes %d-", r.offset))
	if !ok {
		return fmt.Errorf("the server answered the range %d-%d with %q", r.offset, last, header.Get("Content-Range"))
	}
	_, r.total, _ = strings.Cut(from, "/")
	r.n = int(min(info.Size, int64(len(into))))
	if err := readPieces(body, into[:r.n], arrived); err != nil {
		return fmt.Errorf("%w: %w", errCut, err)
	}
	return nil
}

// pieceBytes leave room to open one part while another arrives. Smaller pieces take more calls of the system.
const pieceBytes = 1 << 20

// readPieces fills into. It calls arrived, unless that is nil, with nothing at first and then with more and more of
// into.
func readPieces(body io.Reader, into []byte, arrived func([]byte)) error {
	if arrived == nil {
		_, err := io.ReadFull(body, into)
		return err
	}
	for at := 0; ; {
		arrived(into[:at])
		if at == len(into) {
			return nil
		}
		n, err := io.ReadFull(body, into[at:min(at+pieceBytes, len(into))])
		if err != nil {
			return err
		}
		at += n
	}
}

// Check reads a whole object and compares its size and SHA-256 with those in object, which come from the catalog. Its
// error wraps [ErrMissing] or [ErrCorrupt] if the object is damaged; any other error means that S3 could not tell.
func (s *Store) Check(ctx context.Context, object Object) error {
	doing := "check " + object.Key
	if !keyPattern.MatchString(object.Key) {
		return fault.Reject(fmt.Errorf("check %q: not the key of a pack", object.Key))
	}
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	body, info, _, err := s.core.GetObject(bounded, s.bucket, s.prefix+object.Key, minio.GetObjectOptions{})
	if err != nil {
		return s.explain(ctx, doing, err)
	}
	defer body.Close()
	if info.Size != object.Size {
		return fmt.Errorf("%s: %w: it has %d bytes where %d were stored", doing, ErrCorrupt, info.Size, object.Size)
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, body); err != nil {
		return s.explain(ctx, doing, err)
	}
	if [32]byte(hash.Sum(nil)) != object.SHA256 {
		return fmt.Errorf("%s: %w: it has SHA-256 %x where %x was stored", doing, ErrCorrupt, hash.Sum(nil), object.SHA256)
	}
	return nil
}

// Entry is one object of a listing.
type Entry struct {
	Object             // its SHA256 is taken from the key; the content has not been read
	Modified time.Time // the time of its last PUT
	Foreign  bool      // leat did not write it: the key is not that of a pack, and SHA256 is zero
}

// pageKeys is the number of keys in one request, the most that S3 allows.
const pageKeys = 1000

// List yields every object under the prefix whose key is greater than after, foreign objects included. Keys come in the
// order of their bytes. An error ends the listing.
func (s *Store) List(ctx context.Context, after string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for {
			page, err := s.page(ctx, after)
			if err != nil {
				yield(Entry{}, err)
				return
			}
			for _, entry := range page {
				if !yield(entry, nil) {
					return
				}
				after = entry.Key
			}
			if len(page) < pageKeys {
				return
			}
		}
	}
}

// page reads up to pageKeys entries. All of them are in memory before the caller sees the first, so that a slow caller
// does not use up the request's time.
func (s *Store) page(ctx context.Context, after string) ([]Entry, error) {
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	opts := minio.ListObjectsOptions{Prefix: s.prefix, Recursive: true, MaxKeys: pageKeys}
	if after != "" {
		opts.StartAfter = s.prefix + after
	}
	doing := fmt.Sprintf("list bucket %s after %q", s.bucket, after)
	var page []Entry
	for info := range s.core.ListObjectsIter(bounded, s.bucket, opts) {
		if info.Err != nil {
			return nil, s.explain(ctx, doing, info.Err)
		}
		entry := newEntry(strings.TrimPrefix(info.Key, s.prefix), info)
		if entry.Key <= after {
			// A comparison of two sorted lists would take this for missing objects.
			return nil, fmt.Errorf("%s: the server lists %q out of order", doing, entry.Key)
		}
		after = entry.Key
		if page = append(page, entry); len(page) == pageKeys {
			break
		}
	}
	if bounded.Err() != nil && len(page) < pageKeys {
		return nil, s.explain(ctx, doing, bounded.Err())
	}
	return page, nil
}

func newEntry(key string, info minio.ObjectInfo) Entry {
	entry := Entry{Object: Object{Key: key, Size: info.Size}, Modified: info.LastModified}
	match := keyPattern.FindStringSubmatch(key)
	if match == nil {
		entry.Foreign = true
		return entry
	}
	// This cannot fail: the pattern admits only 64 hex digits.
	_, _ = hex.Decode(entry.SHA256[:], []byte(match[2]))
	return entry
}
