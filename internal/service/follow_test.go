package service

import (
	"testing"
	"time"
)

// The larger a repository, the less often its documents are counted while somebody waits.
func TestCountPause(t *testing.T) {
	for took, want := range map[time.Duration]time.Duration{
		0: countInterval, 5 * time.Millisecond: countInterval, 60 * time.Millisecond: 600 * time.Millisecond, time.Minute: mostPause,
	} {
		if got := countPause(took); got != want {
			t.Errorf("after a count of %v it pauses for %v, want %v", took, got, want)
		}
	}
}
