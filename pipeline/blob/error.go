package blob

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/minio/minio-go/v7"

	"github.com/leatworks/leat/internal/fault"
)

// The damages of an object. Errors that wrap them have no fault mark and are retried, because a writer that still has
// the content may mend the object in the meantime.
var (
	ErrMissing = errors.New("object is missing")
	ErrCorrupt = errors.New("object is corrupt")
)

// IsDamage reports whether the object itself is lost or corrupt, as opposed to a failure to reach it.
func IsDamage(err error) bool {
	return errors.Is(err, ErrMissing) || errors.Is(err, ErrCorrupt)
}

func corrupt(key string, offset int64, format string, args ...any) error {
	return fmt.Errorf("read %s at offset %d: %w: %s", key, offset, ErrCorrupt, fmt.Sprintf(format, args...))
}

// unknownKey is versitygw's error code for an unknown access key. Its status is 404; other servers answer 403.
const unknownKey = "XAdminUserNotFound"

// explain turns an error of the client into one that names the operation and what to check. It never marks an error as
// Reject: a server that is down, a wrong key and a missing bucket fail every event alike, and are no event's fault.
// ctx is the caller's context.
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
