//go:build !linux

package extract

import (
	"syscall"
	"time"
)

// alone changes nothing, because these systems cannot give a child a network of its own.
func alone() *syscall.SysProcAttr { return nil }

// tooBusy is a signal that nobody sends here.
const tooBusy = syscall.Signal(-1)

// limit changes nothing. Only the deadline bounds the child.
func limit(int, time.Duration) error { return nil }
