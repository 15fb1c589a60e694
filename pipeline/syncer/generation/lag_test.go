package generation

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// after counts messages that are taken and settled at given times.
func after(taken, settled time.Duration) lag {
	began := time.Now()
	return func(context.Context) (waiting, inFlight uint64, err error) {
		if time.Since(began) < taken {
			return 7, 0, nil
		}
		if time.Since(began) < settled {
			return 0, 7, nil
		}
		return 0, 0, nil
	}
}

func TestAwait(t *testing.T) {
	const most, inFlight, never = 500 * time.Millisecond, 2 * time.Second, time.Hour
	for name, c := range map[string]struct {
		taken, settled time.Duration
		least, most    time.Duration // that it takes
		waiting        uint64
	}{
		"nothing waits":        {0, 0, 0, 0, 0},
		"settled soon":         {100 * time.Millisecond, 200 * time.Millisecond, 200 * time.Millisecond, 210 * time.Millisecond, 0},
		"settled late":         {100 * time.Millisecond, time.Second, time.Second, 1010 * time.Millisecond, 0},
		"never taken":          {never, never, most, most, 7},
		"taken, never settled": {0, never, inFlight, inFlight, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				waiting, err := await(t.Context(), after(c.taken, c.settled), most, inFlight)
				if took := time.Since(began); err != nil || waiting != c.waiting || took < c.least || took > c.most {
					t.Errorf("%d wait after %s, %v; want %d after %s to %s", waiting, took, err, c.waiting, c.least, c.most)
				}
			})
		})
	}
}

func TestAwaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := await(ctx, after(time.Hour, time.Hour), time.Minute, time.Minute); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
	})
}
