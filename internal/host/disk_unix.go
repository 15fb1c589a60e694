//go:build unix

package host

import "golang.org/x/sys/unix"

// Disk returns the share of the directory's disk that is in use, of what its user may use,
// and the bytes that are left.
func Disk(dir string) (used float64, free int64, ok bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil || s.Blocks == 0 {
		return 0, 0, false
	}
	taken := float64(s.Blocks) - float64(s.Bfree)
	return taken / (taken + float64(s.Bavail)), int64(s.Bavail) * int64(s.Bsize), true //nolint:unconvert // Bsize has 32 bits on a Mac
}
