// Package check tests the files of deploy: the chart, the alerts, the compose file, the Dockerfile
// and the dashboards. It is a module of its own, so that leat does not depend on the libraries of
// these tests.
package check
