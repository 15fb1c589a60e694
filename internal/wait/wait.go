// Package wait lets time pass, but never beyond the end of a context.
package wait

import (
	"context"
	"time"
)

// For waits for a duration. If ctx ends first, it returns at once with the cause of that.
func For(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return context.Cause(ctx)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
