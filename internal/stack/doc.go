// Package stack runs a whole leat for the trials: the embedded stores and the workers. Each is a
// process of its own, so that it can be killed, or its memory be measured, without the others.
//
// The package owns the processes it starts. It decides nothing about leat: the
// workers are the binaries of cmd/, configured by their environment as an
// operator would.
//
// It runs on Linux alone: processes die with their parent by a signal that only
// Linux sends.
package stack
