package extract

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// alone is a child in a network of its own, which has no interface.
func alone() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET}
}

// limit bounds a child that waits for its input: its time, its memory, and that
// it writes no file.
func limit(pid int, cpu time.Duration) error {
	for resource, most := range map[int]uint64{
		unix.RLIMIT_CPU: uint64((cpu + time.Second - 1) / time.Second), unix.RLIMIT_AS: maxMemory, unix.RLIMIT_FSIZE: 0, unix.RLIMIT_CORE: 0, unix.RLIMIT_NOFILE: 64,
	} {
		if err := unix.Prlimit(pid, resource, &unix.Rlimit{Cur: most, Max: most}, nil); err != nil {
			return err
		}
	}
	return nil
}
