// Package broker is leat's way to NATS JetStream. It owns the names and the
// settings of streams and consumers ([Topology]), the connection, and a
// Watermill Subscriber and Publisher over it; nothing else imports the driver.
//
// A subscriber promises:
//
//   - It hands over at most [SubscriberConfig.InFlight] messages at a time, of each
//     tenant where they are told apart. It claims free slots before it asks for as
//     many messages.
//   - A message is not delivered again while its handler runs, however long that
//     takes: the subscriber reports progress every fifth of the ack wait.
//   - A message is acknowledged after its handler has acknowledged it. A lost
//     acknowledgement means another delivery, never a lost message.
//   - The subscriber waits through a restart of the server, a lost connection, or
//     a missing consumer or stream. [Broker.Ready] reports it meanwhile.
//   - No content of a message can end or stall the subscriber.
//
// A publisher promises that it returns nil only after JetStream has stored every
// message. Its errors are marked with their kind (package fault).
//
// The package does not interpret payloads and does not decide on retries: package
// pipeline decides who acks and who nacks. Only [Broker.Ensure] creates streams
// and consumers; all else binds to those that exist.
package broker
