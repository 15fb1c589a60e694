package worker

import "syscall"

// untouched gives the pages of memory that nobody reads or writes back to the kernel. The runtime
// zeroes new memory, and so takes its pages, if it has used a part of the addresses before.
func untouched(memory []byte) {
	_ = syscall.Madvise(memory, syscall.MADV_DONTNEED) // without it the pages stay
}
