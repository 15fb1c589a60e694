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

// MemoryLimit is what the process may use: what its control group allows, or else
// GOMEMLIMIT; 0 if neither bounds it.
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
