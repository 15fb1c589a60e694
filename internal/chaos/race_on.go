//go:build linux && race

package chaos

// race says that this program was built with the race detector.
const race = true
