//go:build !linux

package postgres

import "syscall"

// setDeathSignal does nothing, because only Linux has such a signal. See takeOver.
func setDeathSignal(*syscall.SysProcAttr, syscall.Signal) {}
