package backup

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/blob"
)

// Target is a place that holds objects by name. Names consist of letters, digits and "-_.", in
// parts separated by "/". A Target must be safe for concurrent use.
type Target interface {
	// Put writes an object whole or not at all. It may replace another. When it returns, the object
	// outlives a crash.
	Put(ctx context.Context, name string, body []byte) error
	// Get returns an object of at most most bytes. The error for a missing one is ErrMissing.
	Get(ctx context.Context, name string, most int64) ([]byte, error)
	// List yields the objects whose names begin with under, in the order of the names' bytes. under
	// ends in "/" or is empty.
	List(ctx context.Context, under string) iter.Seq2[Item, error]
	// Delete removes an object. A missing one is no error.
	Delete(ctx context.Context, name string) error
	// Close ends the use of the target.
	Close()
}

// Item is an object in a listing.
type Item struct {
	Name     string
	Size     int64
	Modified time.Time
}

var (
	// ErrMissing says that a target has no such object.
	ErrMissing = errors.New("the object is missing")
	// ErrForbidden says that a target refuses a request.
	ErrForbidden = errors.New("the target refuses it")
	// ErrUntrue says that a target does not hold what was written to it.
	ErrUntrue = errors.New("the target does not hold what was written")
)

// bucket is a target in S3.
type bucket struct{ *blob.Bucket }

// OpenBucket opens a target in S3.
func OpenBucket(ctx context.Context, cfg blob.Config) (Target, error) {
	b, err := blob.OpenBucket(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open the target: %w", err)
	}
	return bucket{b}, nil
}

func (b bucket) Put(ctx context.Context, name string, body []byte) error {
	return named(b.Bucket.Put(ctx, name, body))
}

func (b bucket) Get(ctx context.Context, name string, most int64) ([]byte, error) {
	content, err := b.Bucket.Get(ctx, name, most)
	return content, named(err)
}

func (b bucket) List(ctx context.Context, under string) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for item, err := range b.Bucket.List(ctx, under) {
			if !yield(Item(item), named(err)) || err != nil {
				return
			}
		}
	}
}

func (b bucket) Delete(ctx context.Context, name string) error {
	return named(b.Bucket.Delete(ctx, name))
}

// named turns an error of S3 into the matching one of this package.
func named(err error) error {
	switch {
	case errors.Is(err, blob.ErrMissing):
		return fmt.Errorf("%w: %w", ErrMissing, err)
	case errors.Is(err, blob.ErrForbidden):
		return fmt.Errorf("%w: %w", ErrForbidden, err)
	}
	return err
}

// The number of attempts at one exchange with a target or with S3, and the pause after the first
// attempt. The pause doubles.
const (
	attempts   = 5
	firstPause = 500 * time.Millisecond
)

// persist calls do until it succeeds or waiting cannot help.
func persist(ctx context.Context, do func() error) error {
	for n, pause := 1, firstPause; ; n, pause = n+1, 2*pause {
		err := do()
		if err == nil || n == attempts || final(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// final reports whether another attempt would fail in the same way.
func final(err error) bool {
	kind, _ := fault.Of(err)
	return kind == fault.KindReject || errors.Is(err, ErrMissing) || errors.Is(err, ErrForbidden) || errors.Is(err, ErrUntrue) ||
		blob.IsDamage(err) || errors.Is(err, context.Canceled) || errors.Is(err, errLocal)
}
