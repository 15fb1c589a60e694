// Package testenv gives tests the real servers they talk to: the embedded ones
// by default, others where an environment variable names them.
//
//	LEAT_TEST_POSTGRES_URL   a Postgres whose user may create databases
//
// Each test gets a place of its own: a fresh database of a server that the
// test binary shares. A test binary that uses this package should have
//
//	func TestMain(m *testing.M) { testenv.Main(m) }
//
// so that what is shared ends in order. Without it, or when the tests panic or
// are killed, a small watcher process ends what is left and removes its files.
//
// It is for tests alone, and fails the test where a server cannot be had.
package testenv
