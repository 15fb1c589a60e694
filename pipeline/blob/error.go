package blob

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/minio/minio-go/v7"

	"github.com/leatworks/leat/internal/fault"
)

// What can be wrong with an object. Both are left unmarked, which is retry: a
// damaged or lost object is mended by whoever can write it again.
var (
	ErrMissing = errors.New("object is missing")
	ErrCorrupt = errors.New("object is corrupt")
)

// IsDamage says whether an error is of the object itself, not of the way to it.
func IsDamage(err error) bool {
	return errors.Is(err, ErrMissing) || errors.Is(err, ErrCorrupt)
}

func corrupt(key string, offset int64, format string, args ...any) error {
	return fmt.Errorf("read %s at offset %d: %w: %s", key, offset, ErrCorrupt, fmt.Sprintf(format, args...))
}

// unknownKey is versitygw's code for an access key that it does not know, with
// status 404. Others answer 403.
const unknownKey = "XAdminUserNotFound"

// explain turns an error of the client into one that says what was being done
// and what to look at. Nothing here is a Reject: a server that is down, a
// wrong key or a bucket taken away are the same for every event, and none of
// them is the event's fault. ctx is the caller's.
func (s *Store) explain(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", doing, context.Cause(ctx))
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fault.Retry(fmt.Errorf("%s: S3 gave no answer within %s", doing, s.timeout))
	}
	var answer minio.ErrorResponse
	if !errors.As(err, &answer) {
		return fault.Retry(fmt.Errorf("%s: %w", doing, err))
	}
	switch {
	case answer.Code == minio.NoSuchKey:
		return fmt.Errorf("%s: %w", doing, ErrMissing)
	case answer.Code == minio.NoSuchBucket:
		return fault.Retry(s.noBucket(doing))
	case answer.StatusCode == http.StatusForbidden || answer.Code == unknownKey:
		return fault.Retry(fmt.Errorf("%s: S3 refuses it (%s: %w): check the access key, the secret key, and what the key may do in bucket %s",
			doing, answer.Code, err, s.bucket))
	case answer.Code == minio.AuthorizationHeaderMalformed || answer.Code == minio.InvalidRegion || answer.StatusCode == http.StatusMovedPermanently:
		return fault.Retry(fmt.Errorf("%s: S3 refuses the signature (%s: %w): check the region, now %s", doing, answer.Code, err, s.region))
	}
	return fault.Retry(fmt.Errorf("%s: S3 answered %s: %w", doing, answer.Code, err))
}

func (s *Store) noBucket(doing string) error {
	return fmt.Errorf("%s: bucket %s does not exist: create it, or allow leat to", doing, s.bucket)
}
