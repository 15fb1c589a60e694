//go:build race

package child

// raced says that the race detector is on. It maps terabytes, so that no child
// could start under a limit of memory.
const raced = true
