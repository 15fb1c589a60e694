// Package e2e tests leat's binaries as an operator meets them: as processes
// that are configured by flags and environment, spoken to over the network,
// and ended by signals. It holds tests alone.
package e2e
