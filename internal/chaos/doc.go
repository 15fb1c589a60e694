// Package chaos is the harness that breaks a whole leat on purpose.
//
// It runs two of each of the four workers as processes of their own, on the
// embedded stores as processes of their own, behind proxies that can cut and
// delay what passes between them. A history of commits is pushed to a local
// repository one by one, while a schedule drawn from a seed kills, stops and
// cuts. Then the faults end, and the harness waits until nothing is owed any
// more, and compares: the index is to be the one that a leat which never saw a
// fault makes of the last commit.
//
// The package owns the processes it starts, the directory they live in, and
// what it finds there. It decides nothing about leat: the workers are the
// binaries of cmd/, configured as an operator would, but for shorter times.
//
// It runs on Linux alone: processes are watched through /proc, and die with the
// harness by a signal that only Linux sends.
package chaos
