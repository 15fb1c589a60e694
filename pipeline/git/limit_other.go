//go:build !linux

package git

// limit bounds nothing: these systems cannot limit another process. The
// timeouts, the size of the mirror and the number of files still count.
func limit(int, limits) error { return nil }
