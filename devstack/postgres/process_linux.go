package postgres

import "syscall"

// setDeathSignal has the kernel send sig to the child when its parent dies.
func setDeathSignal(attr *syscall.SysProcAttr, sig syscall.Signal) { attr.Pdeathsig = sig }
