//go:build !linux

package postgres

import "syscall"

// setDeathSignal does nothing: only Linux can. See stopOrphan.
func setDeathSignal(*syscall.SysProcAttr, syscall.Signal) {}
