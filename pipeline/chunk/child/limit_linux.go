package child

import (
	"time"

	"golang.org/x/sys/unix"
)

// self is this program, also where its file has been replaced meanwhile.
func self() (string, error) { return "/proc/self/exe", nil }

// limitMemory bounds the memory that this process may write to, and forbids it to write
// files. It does not bound address space, of which Go reserves more than it uses. A lower
// limit that is set already stays, because only root may raise it. limitMemory returns the
// limit of memory that holds.
func limitMemory(most int64) (int64, error) {
	for resource, limit := range map[int]uint64{unix.RLIMIT_DATA: uint64(most), unix.RLIMIT_FSIZE: 0, unix.RLIMIT_CORE: 0, unix.RLIMIT_NOFILE: 64} {
		var now unix.Rlimit
		if err := unix.Getrlimit(resource, &now); err != nil {
			return 0, err
		}
		limit = min(limit, now.Max)
		if resource == unix.RLIMIT_DATA {
			most = int64(limit)
		}
		if err := unix.Setrlimit(resource, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
			return 0, err
		}
	}
	return most, nil
}

// limitCPU bounds the processor's time that this process may take from now on.
func limitCPU(more time.Duration) error {
	var used unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &used); err != nil {
		return err
	}
	seconds := uint64(used.Utime.Sec+used.Stime.Sec) + uint64((more+2*time.Second-1)/time.Second)
	var now unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_CPU, &now); err != nil {
		return err
	}
	return unix.Setrlimit(unix.RLIMIT_CPU, &unix.Rlimit{Cur: min(seconds, now.Max), Max: now.Max})
}
