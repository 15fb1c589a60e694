// Package host knows facts of the machine that a process runs on, and of the servers that
// it speaks to: memory, disks, certificates. It changes nothing.
package host

import (
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
)

// memoryFile is where a control group's limit is (Linux, version 2).
const memoryFile = "/sys/fs/cgroup/memory.max"

// MemoryLimit is the memory that the process may use: the limit of its control group, or else
// GOMEMLIMIT. It is 0 if neither is set.
func MemoryLimit() int64 {
	if text, err := os.ReadFile(memoryFile); err == nil {
		if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil {
			return n
		}
	}
	if n := debug.SetMemoryLimit(-1); n != math.MaxInt64 {
		return n
	}
	return 0
}
