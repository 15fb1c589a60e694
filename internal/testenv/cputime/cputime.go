// Package cputime reads the clock of the processor, for tests and benchmarks that other
// programs on the machine must not disturb.
//
// It owns that one figure. It starts no server, so any test may import it.
package cputime

import (
	"syscall"
	"testing"
	"time"
)

// Used returns the processor time that this process has taken so far, in user and system
// mode.
func Used(t testing.TB) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatalf("cputime: %v", err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
