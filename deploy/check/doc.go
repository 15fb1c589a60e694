// Package check tests what deploy holds: the chart, the alerts, the compose file, the
// Dockerfile and the dashboards. It is a module of its own, so that leat needs none of
// what it tests with.
package check
