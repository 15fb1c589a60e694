// Package nats runs a NATS server with JetStream in process, for one data
// directory and behind one token.
//
// It owns everything below Config.Dir. A message is acknowledged when it is on
// disk: the intake has no other copy of what outside systems send. Streams that
// can afford less ask for it themselves (persist mode async).
//
// It listens on loopback alone by default, opens no monitoring port, handles no
// signals and writes nothing but to the logger it is given.
package nats
