//go:build !cgo

package chunk

const withTrees = 0
