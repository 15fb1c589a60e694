// Package chaos is the harness that breaks a whole leat on purpose.
//
// It runs two of each of the four workers and the embedded stores, each as a process of its own,
// behind proxies that can cut and delay the traffic. A history of commits is pushed to a local
// repository one by one, while a schedule drawn from a seed kills, stops and cuts. Then the faults
// end, and the harness waits until no work is owed any more. In the end the index must equal the
// one that a leat without a fault makes of the last commit. Backups are made meanwhile. The last
// one is restored into empty stores, and parts of it into the living leat.
//
// The package owns the processes it starts, their directory, and its findings.
// It decides nothing about leat: the workers are the binaries of cmd/,
// configured as an operator would, except for shorter times.
//
// It runs on Linux alone: processes are watched through /proc, and die with the
// harness by a signal that only Linux sends.
package chaos
