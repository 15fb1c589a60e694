package worker

import "os"

// spareHeap is how much more a worker allocates between two collections than what is
// alive, in bytes.
const spareHeap = 32 << 20

// spare returns memory that is never written to, so that it takes no page, and counts as
// alive while it is kept. The collector lets the heap grow by what is alive, which is
// some 20 MiB in a worker: it ran every few milliseconds of a large ingest, over the
// stacks of each document in hand. A GOGC of the operator's own stays as it is.
func spare() []byte {
	if os.Getenv("GOGC") != "" {
		return nil
	}
	return make([]byte, spareHeap)
}
