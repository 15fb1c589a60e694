// Package postgres runs a private Postgres server for one data directory. It
// uses the machine's own binaries if there are any, otherwise a download from
// Maven Central whose checksum is in this package.
//
// It owns the server's process and everything below Config.Dir. The server
// listens only on a unix socket in a directory of mode 0700, and therefore asks
// for no password. It dies with the process that started it. Only Linux can
// promise that; on other systems, the next start on the same directory stops a
// leftover server.
//
// Started by root, the server runs as the owner of the data it finds, else as
// "postgres" or "nobody", because Postgres refuses to run as root. It gets its
// directories as open files, so that user need not be able to read the
// directories above them.
//
// It refuses a directory that another process uses, data of a major version
// for which it has no binaries, and data of another user.
package postgres
