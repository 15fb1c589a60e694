package extract

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// alone puts a child into a network of its own, which has no interface.
func alone() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET}
}

// tooBusy is the signal that ends a child whose time is up.
const tooBusy = syscall.SIGXCPU

// limit bounds the time and the memory of a child that waits for its input. It also keeps the child from writing files.
func limit(pid int, cpu time.Duration) error {
	seconds := uint64((cpu + time.Second - 1) / time.Second)
	for resource, most := range map[int]unix.Rlimit{
		unix.RLIMIT_CPU: {Cur: seconds, Max: seconds + 5}, unix.RLIMIT_AS: {Cur: maxMemory, Max: maxMemory},
		unix.RLIMIT_FSIZE: {}, unix.RLIMIT_CORE: {}, unix.RLIMIT_NOFILE: {Cur: 64, Max: 64},
	} {
		if err := unix.Prlimit(pid, resource, &most, nil); err != nil {
			return err
		}
	}
	return nil
}
