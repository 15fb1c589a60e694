package blob

import (
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

// readRange fills into with the object's bytes from offset. A connection that
// breaks within the body is tried again; minio-go retries what comes before.
func (s *Store) readRange(ctx context.Context, key string, offset int64, into []byte) error {
	if len(into) == 0 {
		return ctx.Err()
	}
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	var err error
	for range maxAttempts {
		if err = s.tryRange(bounded, key, offset, into); !errors.Is(err, errCut) {
			break
		}
	}
	switch {
	case err == nil, errors.Is(err, ErrCorrupt):
		return err
	case minio.ToErrorResponse(err).StatusCode == http.StatusRequestedRangeNotSatisfiable:
		return corrupt(key, offset, "the object ends before it")
	}
	return s.explain(ctx, "read "+key, err)
}

// errCut marks a body that ended before its announced length.
var errCut = errors.New("connection broke")

func (s *Store) tryRange(ctx context.Context, key string, offset int64, into []byte) error {
	end := offset + int64(len(into))
	var opts minio.GetObjectOptions
	opts.Set("Range", fmt.Sprintf("bytes=%d-%d", offset, end-1))
	body, info, header, err := s.core.GetObject(ctx, s.bucket, s.prefix+key, opts)
	if err != nil {
		return err
	}
	defer body.Close()
	from, ok := strings.CutPrefix(header.Get("Content-Range"), fmt.Sprintf("bytes %d-", offset))
	if !ok {
		return fmt.Errorf("the server answered the range %d-%d with %q", offset, end-1, header.Get("Content-Range"))
	}
	if info.Size < int64(len(into)) {
		_, total, _ := strings.Cut(from, "/")
		return corrupt(key, offset, "the object ends after %s bytes, before %d", total, end)
	}
	if _, err := io.ReadFull(body, into); err != nil {
		return fmt.Errorf("%w: %w", errCut, err)
	}
	return nil
}

// Check reads a whole object and compares it with what the catalog knows: nil,
// or an error that wraps [ErrMissing] or [ErrCorrupt], or that of a store that
// did not answer.
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

// Entry is an object that is there.
type Entry struct {
	Object             // SHA256 is what the key says, not what was read
	Modified time.Time // when it was last put
	Foreign  bool      // leat did not write it: the key is not a pack's, SHA256 is zero
}

// pageKeys is the number of keys asked for at once, S3's largest.
const pageKeys = 1000

// List yields every object under the prefix whose key is greater than after, in
// the order of the keys' bytes, foreign ones too. An error ends it.
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

// page reads up to pageKeys entries. They are in memory before the first is
// used, so that the time a caller takes is not the request's.
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
			// Comparing two sorted lists would take this for missing objects.
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
	// The pattern admits nothing but 64 digits.
	_, _ = hex.Decode(entry.SHA256[:], []byte(match[2]))
	return entry
}
