//go:build !unix

package host

// Disk is not known on this system.
func Disk(string) (used float64, free int64, ok bool) { return 0, 0, false }
