//go:build race

// Package race says whether the race detector is on. It takes several times the memory and the
// time, and maps terabytes of addresses.
package race

// On says that the race detector is on.
const On = true
