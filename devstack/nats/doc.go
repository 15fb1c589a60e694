// Package nats runs a NATS server with JetStream in this process, for one data directory and behind one token.
//
// It owns everything below Config.Dir. A message is acknowledged when it is on disk, because the intake has no other
// copy of the events of outside systems. Streams that can afford less safety ask for that themselves (persist mode
// async).
//
// It listens only on loopback by default, opens no monitoring port, handles no signals, and writes only to the logger
// that it is given.
package nats
