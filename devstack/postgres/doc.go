// Package postgres runs a private Postgres server for one data directory: the
// machine's own binaries if it has any, otherwise a download from Maven Central
// whose checksum is written down here.
//
// It owns the server's process and everything below Config.Dir. The server
// listens on a unix socket in a directory of mode 0700 and on nothing else,
// which is why it asks for no password. It dies with the process that started
// it; where the system cannot promise that (only Linux can), the next start on
// the same directory stops what was left.
//
// Started by root, the server runs as the owner of the data it finds, else as
// "postgres" or "nobody": Postgres refuses to be root. It is given its
// directories as open files, so that no directory above them need be readable
// to that user.
//
// It refuses a directory that another process uses, data of a major version
// for which it has no binaries, and data of another user.
package postgres
