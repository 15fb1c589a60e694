// Package testenv gives tests the real servers they talk to: the embedded ones
// by default, others if environment variables name them.
//
//	LEAT_TEST_POSTGRES_URL   a Postgres whose user may create databases
//	LEAT_TEST_NATS_URL       a NATS with JetStream, which tests share
//	LEAT_TEST_S3_URL         http(s)://host[:port], whose user may create buckets;
//	                         with _ACCESS_KEY and _SECRET_KEY
//	LEAT_QDRANT_URL          http(s)://host:port, of gRPC, which tests share;
//	                         with LEAT_QDRANT_API_KEY
//
// Each test gets a place of its own: a fresh database, a fresh bucket, a fresh
// server. On a server that tests share, [Index] is the place. A test binary that uses this package should have
//
//	func TestMain(m *testing.M) { testenv.Main(m) }
//
// so that what its tests share ends in order. Without it, or when the tests
// panic or are killed, a small watcher process ends what is left and removes
// its files.
//
// It is for tests alone, and fails a test that cannot get its server.
package testenv
