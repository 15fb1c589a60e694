package qdrant

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/vector"
)

// explain wraps the error of a call with the attempted action, and marks it by its code. It returns nil for nil.
func explain(ctx context.Context, err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	did := fmt.Sprintf(format, args...)
	if cause := ctx.Err(); errors.Is(cause, context.Canceled) {
		return fmt.Errorf("%s: %w", did, cause)
	}
	wrapped := fmt.Errorf("%s: %w", did, err)
	switch status.Code(err) {
	case codes.NotFound:
		return fault.Retry(fmt.Errorf("%s: %w: %w", did, vector.ErrNoCollection, err))
	case codes.Unauthenticated, codes.PermissionDenied:
		return fmt.Errorf("%s: check the API key: %w", did, err)
	case codes.InvalidArgument, codes.Unimplemented, codes.OutOfRange:
		return fault.Reject(wrapped)
	case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Aborted:
		return fault.Retry(wrapped)
	}
	return wrapped
}
