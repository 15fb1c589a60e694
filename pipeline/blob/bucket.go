package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/leatworks/leat/internal/fault"
)

// Bucket holds objects of any name below a prefix, such as backups. It is safe for concurrent use.
type Bucket struct{ s *Store }

// Item is an object of a bucket.
type Item struct {
	Name     string // below the prefix
	Size     int64  // in bytes
	Modified time.Time
}

// ErrForbidden says that the server refuses the request.
var ErrForbidden = errors.New("the server refuses it")

// OpenBucket connects to S3 and looks for the bucket, as [Open] does.
func OpenBucket(ctx context.Context, cfg Config) (*Bucket, error) {
	s, err := Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return &Bucket{s}, nil
}

// Close closes idle connections.
func (b *Bucket) Close() { b.s.Close() }

// Put writes an object in one request. The server compares the body with its hash.
func (b *Bucket) Put(ctx context.Context, name string, body []byte) error {
	if err := b.s.put(ctx, Object{Key: name, Size: int64(len(body)), SHA256: sha256.Sum256(body)}, body); err != nil {
		return forbidden(err)
	}
	return nil
}

// Get returns all bytes of an object. Its error is [ErrCorrupt] for an object of more than most bytes, and [ErrMissing]
// for one that does not exist.
func (b *Bucket) Get(ctx context.Context, name string, most int64) ([]byte, error) {
	doing := "get " + name
	bounded, cancel := context.WithTimeout(ctx, b.s.timeout)
	defer cancel()
	body, info, _, err := b.s.core.GetObject(bounded, b.s.bucket, b.s.prefix+name, minio.GetObjectOptions{})
	if err != nil {
		return nil, forbidden(b.s.explain(ctx, doing, err))
	}
	defer body.Close()
	if info.Size > most {
		return nil, fmt.Errorf("%s: %w: it has %d bytes, more than %d", doing, ErrCorrupt, info.Size, most)
	}
	content := make([]byte, info.Size)
	if _, err := io.ReadFull(body, content); err != nil {
		return nil, b.s.explain(ctx, doing, err)
	}
	return content, nil
}

// List yields the objects whose names begin with under, in the order of their bytes. An error ends the listing.
func (b *Bucket) List(ctx context.Context, under string) iter.Seq2[Item, error] {
	below := *b.s
	below.prefix += under
	return func(yield func(Item, error) bool) {
		for entry, err := range below.List(ctx, "") {
			if err != nil {
				yield(Item{}, forbidden(err))
				return
			}
			if !yield(Item{Name: under + entry.Key, Size: entry.Size, Modified: entry.Modified}, nil) {
				return
			}
		}
	}
}

// Delete removes an object. A missing one is no error.
func (b *Bucket) Delete(ctx context.Context, name string) error {
	bounded, cancel := context.WithTimeout(ctx, b.s.timeout)
	defer cancel()
	err := b.s.core.RemoveObject(bounded, b.s.bucket, b.s.prefix+name, minio.RemoveObjectOptions{})
	if err != nil && minio.ToErrorResponse(err).Code != minio.NoSuchKey {
		return forbidden(b.s.explain(ctx, "delete "+name, err))
	}
	return nil
}

// forbidden marks an error by which the server refuses a request, so that a caller can tell it from a failure: only a
// person can mend it.
func forbidden(err error) error {
	var answer minio.ErrorResponse
	if errors.As(err, &answer) && answer.StatusCode == http.StatusForbidden {
		return fault.Reject(fmt.Errorf("%w: %w", ErrForbidden, err))
	}
	return err
}
