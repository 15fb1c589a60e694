//go:build unix

package worker

import "golang.org/x/sys/unix"

// diskUsed is the share of the directory's disk that is in use, of what its user may use.
func diskUsed(dir string) (share float64, ok bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil || s.Blocks == 0 {
		return 0, false
	}
	used := float64(s.Blocks) - float64(s.Bfree)
	return used / (used + float64(s.Bavail)), true
}
