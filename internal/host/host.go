// Package host knows facts of the machine that a process runs on, and of the servers that
// it speaks to: memory, disks, certificates. It changes nothing.
package host

import (
	"math"
	"os"
	"strconv"
	"strings"
)

// memoryFile is where a control group's limit is (Linux, version 2).
const memoryFile = "/sys/fs/cgroup/memory.max"

// MemoryLimit is the memory that the process may use: the limit of its control group, or else
// ofGo, which is GOMEMLIMIT or math.MaxInt64. It is 0 if neither is set.
func MemoryLimit(ofGo int64) int64 {
	if text, err := os.ReadFile(memoryFile); err == nil {
		if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil {
			return n
		}
	}
	if ofGo != math.MaxInt64 {
		return ofGo
	}
	return 0
}
