// Package testenv gives tests real servers: embedded ones by default, or others
// that environment variables name.
//
//	LEAT_TEST_POSTGRES_URL   a Postgres whose user may create databases
//	LEAT_TEST_NATS_URL       a NATS with JetStream, which tests share;
//	                         with LEAT_TEST_NATS_ACCOUNTS, a directory with a file for
//	                         each account of the server, each test has one of its own
//	LEAT_TEST_S3_URL         http(s)://host[:port], whose user may create buckets;
//	                         with _ACCESS_KEY and _SECRET_KEY
//	LEAT_QDRANT_URL          http(s)://host:port, of gRPC, which tests share;
//	                         with LEAT_QDRANT_API_KEY
//	LEAT_TEST_MIGRATED       an empty directory in which the test binaries of one run share
//	                         the data of a Postgres with the catalog's schema
//
// Each test gets a place of its own: a fresh database, a fresh bucket, a fresh
// server. On a server that tests share, the place is an [Index]. A test binary
// that uses this package should have
//
//	func TestMain(m *testing.M) { testenv.Main(m) }
//
// so that the servers that its tests share end in order. Without it, or when
// the tests panic or are killed, a small watcher process ends the servers and
// removes their files.
//
// The package is for tests alone. It fails a test that cannot get its server.
package testenv
