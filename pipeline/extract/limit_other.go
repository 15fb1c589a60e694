//go:build !linux

package extract

import (
	"syscall"
	"time"
)

// alone is a child like any other: these systems have no networks of one's own.
func alone() *syscall.SysProcAttr { return nil }

// tooBusy is a signal that nobody sends here.
const tooBusy = syscall.Signal(-1)

// limit leaves it to the deadline.
func limit(int, time.Duration) error { return nil }
