// Package broker is leat's way to NATS JetStream. It owns the names and the
// settings of streams and consumers ([Topology]), the connection, and a
// Watermill Subscriber and Publisher over it; nothing else imports the driver.
//
// What a subscriber promises:
//
//   - At most [SubscriberConfig.InFlight] messages are held at a time. Slots
//     are claimed first, then as many messages are asked for.
//   - A held message is never delivered again while its handler runs, however
//     long that takes: progress is reported every fifth of the ack wait.
//   - A message is acknowledged after its handler has acknowledged it, and a
//     lost acknowledgement means another delivery, never a lost message.
//   - A restart of the server, a lost connection, a consumer or a stream that
//     is missing are waited out, and said by [Broker.Ready] meanwhile.
//   - Nothing that a publisher puts into a message can end or stall it.
//
// What a publisher promises: nil means that JetStream has stored every message.
// Any error is marked with its kind (package fault).
//
// The package refuses to interpret payloads and to decide on retries: who acks
// and who nacks is package pipeline's business. It creates nothing behind its
// caller's back: only [Broker.Ensure] creates, the rest binds to what is there.
package broker
