//go:build !linux

package child

import (
	"os"
	"time"
)

// self is this program.
func self() (string, error) { return os.Executable() }

// limitMemory bounds nothing: these systems do not hold a process to its limit
// of memory. A child still dies alone.
func limitMemory(most int64) (int64, error) { return most, nil }

// limitCPU bounds nothing, for the same reason: the count of steps does.
func limitCPU(time.Duration) error { return nil }
