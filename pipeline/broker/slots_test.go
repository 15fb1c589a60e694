package broker

import (
	"context"
	"testing"
)

// Kept slots are not claimed before they are let go.
func TestKeptSlotsStayFree(t *testing.T) {
	kept := 6
	s := newSlots(8, func() int { return kept })
	over, end := context.WithCancel(t.Context())
	end()
	for _, step := range []struct{ release, kept, want int }{{0, 6, 2}, {1, 6, 1}, {0, 0, 6}, {2, 6, 0}, {5, 6, 1}} {
		s.release(step.release)
		if kept = step.kept; s.take() != step.want {
			t.Errorf("%+v: another number was claimed; %d are free", step, s.free)
		}
	}
	if n := s.claim(over); n != 0 {
		t.Errorf("claimed %d after the end", n)
	}
}
