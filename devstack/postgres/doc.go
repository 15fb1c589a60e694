// Package postgres runs a private Postgres server for one data directory. It uses the machine's own binaries if there
// are any. Otherwise it downloads them from Maven Central, and compares them with a checksum in this package.
//
// It owns the server's process and everything below Config.Dir. The server listens only on a unix socket in a directory
// of mode 0700, and therefore asks for no password. It dies with the process that started it. Only Linux can promise
// that. On other systems, the next start on the same directory stops a leftover server.
//
// Postgres refuses to run as root. If root starts the server, it runs as the owner of the data that it finds, or else
// as "postgres" or "nobody". It gets its directories as open files, so that this user need not be able to read the
// directories above them.
//
// The package refuses a directory that another process uses, data of a major version for which it has no binaries, and
// data of another user.
package postgres
