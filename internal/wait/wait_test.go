package wait_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/wait"
)

func TestFor(t *testing.T) {
	for _, d := range []time.Duration{-time.Second, 0, time.Millisecond} {
		began := time.Now()
		if err := wait.For(t.Context(), d); err != nil || time.Since(began) < d {
			t.Errorf("wait for %s: %v after %s", d, err, time.Since(began))
		}
	}
	cause := errors.New("over")
	ctx, end := context.WithCancelCause(t.Context())
	time.AfterFunc(time.Millisecond, func() { end(cause) })
	for _, d := range []time.Duration{24 * time.Hour, 0} {
		if err := wait.For(ctx, d); !errors.Is(err, cause) {
			t.Errorf("wait for %s with a context that ends: %v", d, err)
		}
	}
}
