//go:build unix

package host

import "golang.org/x/sys/unix"

// Disk returns how full a directory's disk is for this user (0 to 1), and the bytes that this user
// may still write.
func Disk(dir string) (used float64, free int64, ok bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil || s.Blocks == 0 {
		return 0, 0, false
	}
	taken := float64(s.Blocks) - float64(s.Bfree)
	return taken / (taken + float64(s.Bavail)), int64(s.Bavail) * int64(s.Bsize), true //nolint:unconvert // Bsize has 32 bits on a Mac
}
