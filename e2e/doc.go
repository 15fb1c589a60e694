// Package e2e tests leat's binaries as an operator meets them: as processes
// that are configured by flags and environment, reached over the network, and
// ended by signals. It holds only tests.
package e2e
