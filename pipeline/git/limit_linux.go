package git

import (
	"time"

	"golang.org/x/sys/unix"
)

// limit bounds a process and its children to come.
func limit(pid int, l limits) error {
	seconds := uint64((l.cpu + time.Second - 1) / time.Second)
	for resource, most := range map[int]uint64{
		unix.RLIMIT_DATA: uint64(l.memory), unix.RLIMIT_CPU: seconds, unix.RLIMIT_FSIZE: uint64(l.fileSize), unix.RLIMIT_NPROC: uint64(l.processes), unix.RLIMIT_CORE: 0,
	} {
		var now unix.Rlimit
		if err := unix.Prlimit(pid, resource, nil, &now); err != nil {
			return err
		}
		most = min(most, now.Max) // nobody may raise it
		if err := unix.Prlimit(pid, resource, &unix.Rlimit{Cur: most, Max: most}, nil); err != nil {
			return err
		}
	}
	return nil
}
