package worker

import "os"

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
	return make([]byte, spareHeap)
}
