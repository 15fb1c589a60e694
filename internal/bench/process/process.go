//go:build linux

package process

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// file is the path of a file of a process below /proc.
func file(pid int, name string) string {
	return filepath.Join("/proc", strconv.Itoa(pid), name)
}

// Families lists the children of every process.
func Families() map[int][]int {
	family := make(map[int][]int)
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if fields := stat(pid); len(fields) > 1 {
			parent, _ := strconv.Atoi(fields[1])
			family[parent] = append(family[parent], pid)
		}
	}
	return family
}

// descendants lists the children of a process and theirs.
func descendants(family map[int][]int, pid int) []int {
	var all []int
	for _, child := range family[pid] {
		all = append(append(all, child), descendants(family, child)...)
	}
	return all
}

// ChildrenMemory is the proportional memory, in bytes, of the children of a process and of theirs.
func ChildrenMemory(family map[int][]int, pid int) (total int64) {
	for _, child := range descendants(family, pid) {
		if !sharesMemory(child, pid) {
			total += Memory(child)
		}
	}
	return total
}

// Memory is the proportional memory of a process in bytes.
func Memory(pid int) int64 { return bytesOf(file(pid, "smaps_rollup"), "Pss:") }

// PeakMemory is the highest memory of a process in bytes, since its start or since the mark was reset.
func PeakMemory(pid int) int64 { return bytesOf(file(pid, "status"), "VmHWM:") }

// ResetPeak resets the mark that PeakMemory reads. If writing is not allowed, the mark stays that of the
// whole life of the process.
func ResetPeak(pid int) {
	_ = os.WriteFile(file(pid, "clear_refs"), []byte("5"), 0) // 5: see proc(5)
}

// sharesMemory says whether two processes have the same memory, as a child has that of its parent until
// it runs another program. A kernel that does not tell says no.
func sharesMemory(a, b int) bool {
	const memory = 1 // KCMP_VM of include/uapi/linux/kcmp.h
	same, _, err := unix.Syscall6(unix.SYS_KCMP, uintptr(a), uintptr(b), memory, 0, 0, 0)
	return err == 0 && same == 0
}

// stat returns the fields of /proc/PID/stat after the name, which may hold any
// character.
func stat(pid int) []string {
	text, err := os.ReadFile(file(pid, "stat"))
	if err != nil {
		return nil
	}
	return strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
}

// tick is the unit of time in /proc, on every Linux that Go runs on.
const tick = 0.01

// FamilySeconds is the processor time of a process, of its children and of theirs. That of a child counts
// as long as the child, or the process that waited for it, lives.
func FamilySeconds(family map[int][]int, pid int) (total float64) {
	for _, one := range append(descendants(family, pid), pid) {
		total += seconds(one)
	}
	return total
}

// seconds is the processor time of a process, and of the children that it has waited for.
func seconds(pid int) float64 {
	fields := stat(pid)
	if len(fields) < 15 {
		return 0
	}
	total := 0.0
	for _, field := range fields[11:15] { // utime, stime, cutime and cstime
		ticks, _ := strconv.ParseFloat(field, 64)
		total += ticks * tick
	}
	return total
}

// OwnSeconds is the processor time of a process without its children, to the nanosecond. A
// process that has ended has none.
func OwnSeconds(pid int) float64 {
	// Source: the macros MAKE_PROCESS_CPUCLOCK and CPUCLOCK_SCHED in the kernel's
	// include/linux/posix-timers.h.
	clock := int32(^pid<<3 | 2)
	var taken unix.Timespec
	if unix.ClockGettime(clock, &taken) != nil {
		return 0
	}
	return time.Duration(taken.Nano()).Seconds()
}

// bytesOf reads a line such as "VmHWM:  123 kB", and returns bytes.
func bytesOf(path, key string) int64 {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == key {
			n, _ := strconv.ParseInt(fields[1], 10, 64)
			return n << 10
		}
	}
	return 0
}
