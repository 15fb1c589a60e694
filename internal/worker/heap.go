package worker

import (
	"context"
	"math"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// spareHeap is the memory in bytes that a worker may allocate between two collections in addition
// to its live memory.
const spareHeap = 32 << 20

// spare returns memory that counts as alive while it is kept, but is never written to and so takes
// no page. The collector lets the heap grow by its live part, which is only some 20 MiB in a
// worker. Without spare it ran every few milliseconds of a large ingest, over the stacks of each
// document in hand. GOGC, if the operator sets it, stays as it is.
func spare() []byte {
	if os.Getenv("GOGC") != "" {
		return nil
	}
	memory := make([]byte, spareHeap)
	untouched(memory)
	return memory
}

// softLimit is the memory in bytes that Go may take before it collects more often. It includes the
// spare heap. With the pages of its program, some 40 MiB, a worker so stays below 256 MiB, unless
// it has more to hold.
const softLimit = 184<<20 + spareHeap

// limitEvery is how often the limit is fitted to the live memory.
const limitEvery = time.Second

// goLimit is GOMEMLIMIT, or math.MaxInt64 if the operator has not set it.
var goLimit = debug.SetMemoryLimit(-1)

// limitFor returns the limit for an amount of live memory. A limit near to the live memory would
// let the collector take half of the processor time, and free nothing.
func limitFor(live uint64) int64 {
	return max(softLimit, int64(min(live, math.MaxInt64/2))/2*3)
}

// keepSmall keeps the limit of Go's memory until ctx ends. GOGC and GOMEMLIMIT, if the operator
// sets one, stay as they are.
func keepSmall(ctx context.Context) {
	if os.Getenv("GOGC") != "" || goLimit != math.MaxInt64 {
		return
	}
	ticker := time.NewTicker(limitEvery)
	defer ticker.Stop()
	defer debug.SetMemoryLimit(goLimit)
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	for limit := int64(0); ; {
		metrics.Read(live)
		if next := limitFor(live[0].Value.Uint64()); next != limit {
			limit = next
			debug.SetMemoryLimit(limit)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
