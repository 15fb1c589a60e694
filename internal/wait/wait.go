// Package wait lets time pass, but not longer than a context.
package wait

import (
	"context"
	"time"
)

// For waits for a duration. It ends with ctx, and returns its cause then.
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
