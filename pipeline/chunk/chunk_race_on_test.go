//go:build race

package chunk

const race = true
