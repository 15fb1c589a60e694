package broker

import (
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/leatworks/leat/events"
)

// The streams.
const (
	StreamIntake   = "LEAT_INTAKE"   // repo.submitted, from anyone
	StreamChunked  = "LEAT_CHUNKED"  // the last document.chunked or .removed of each document
	StreamEmbedded = "LEAT_EMBEDDED" // the last document.embedded or .removed of each document and embedder
	StreamIndexed  = "LEAT_INDEXED"  // document.indexed and repo.indexed, for everybody who wants to know
)

// streams lists the streams.
var streams = []string{StreamIntake, StreamChunked, StreamEmbedded, StreamIndexed}

// ConsumerIngestor is the ingestor's consumer of the intake.
const ConsumerIngestor = "ingestor"

// ConsumerEmbedder names an embedder's consumer of one lane of the chunked
// stream. Each model has its own: one that is slow, or new, holds up no other.
func ConsumerEmbedder(embedder string, lane events.Lane) string {
	return fmt.Sprintf("embedder-%s-%s", events.Token(embedder), lane)
}

// ConsumerIndexer names a generation's consumer of one lane of the embedded stream.
func ConsumerIndexer(generation int64, lane events.Lane) string {
	return fmt.Sprintf("indexer-%d-%s", generation, lane)
}

// Defaults of a topology. A document's event takes about 1.2 KiB in a stream:
// 2 GiB hold some 1.7 million documents.
const (
	DefaultReplicas        = 1
	DefaultIntakeBytes     = 256 << 20
	DefaultIntakePerTenant = 1024 // with IntakeMessageBytes a sixteenth of DefaultIntakeBytes
	DefaultChunkedBytes    = 2 << 30
	DefaultEmbeddedBytes   = 2 << 30
	DefaultIndexedBytes    = 512 << 20
	DefaultIndexedAge      = 7 * 24 * time.Hour
	DefaultAckWait         = 30 * time.Second
	DefaultMaxAckPending   = 65_536 // of a dozen workers that hold what they may
)

// IntakeMessageBytes bounds a submission with its headers. The longest URL, ref,
// source, id and trace together take less than half of it.
const IntakeMessageBytes = 16 << 10

// headerBytes is room for a message's headers beside an event's payload.
const headerBytes = 16 << 10

// How long a stream remembers a Nats-Msg-Id.
//
// A stream compares ids over all its subjects: on the intake one tenant's
// "build-1" would drop another's. NATS has no window a subject and no way to
// turn the comparison off, so the intake has the shortest window that a server
// accepts (nats-server, checkStreamCfg). A submission that is published twice is
// one all the same: the catalog knows it by tenant, source and id.
const (
	dedupeWindow       = 2 * time.Minute
	intakeDedupeWindow = 100 * time.Millisecond
)

// Generation is one build of the index, as far as a stream is concerned.
type Generation struct {
	Number   int64  // names its consumers
	Embedder string // whose vectors it holds
}

// Consumer names a durable consumer.
type Consumer struct{ Stream, Name string }

// Consumers lists the consumers that a document passes on its way into the
// generation, in that order: the consumers of its embedder, which other generations
// may share, and its own.
func (g Generation) Consumers() []Consumer {
	var all []Consumer
	for _, lane := range events.Lanes {
		all = append(all, Consumer{StreamChunked, ConsumerEmbedder(g.Embedder, lane)})
	}
	for _, lane := range events.Lanes {
		all = append(all, Consumer{StreamEmbedded, ConsumerIndexer(g.Number, lane)})
	}
	return all
}

// Topology describes the streams and consumers, and their limits. Take it from
// DefaultTopology and change the fields that are to differ.
type Topology struct {
	Replicas int // of each stream; more than 1 needs a cluster

	// Tags places the streams on servers of a cluster that have all of these tags
	// (server_tags). Default: none, which leaves the place of a stream to the operator.
	Tags []string

	// Size limits of the streams in bytes. The server reserves the space. A full
	// stream refuses new messages, and their publisher tries again later.
	IntakeBytes, ChunkedBytes, EmbeddedBytes, IndexedBytes int64

	// IntakePerTenant bounds the submissions of a tenant that wait in the intake.
	// The next one is refused, to that tenant alone.
	IntakePerTenant int64

	IndexedAge    time.Duration // how long outside subscribers can read an event
	AckWait       time.Duration // a worker that is silent for so long loses its messages
	MaxAckPending int           // bounds the messages held by all workers of a consumer together

	Generations []Generation // each gets an indexer consumer a lane, and each embedder among them an embedder consumer
}

// DefaultTopology is the topology of a single server with the generations given.
func DefaultTopology(generations ...Generation) Topology {
	return Topology{
		Replicas:        DefaultReplicas,
		IntakeBytes:     DefaultIntakeBytes,
		IntakePerTenant: DefaultIntakePerTenant,
		ChunkedBytes:    DefaultChunkedBytes,
		EmbeddedBytes:   DefaultEmbeddedBytes,
		IndexedBytes:    DefaultIndexedBytes,
		IndexedAge:      DefaultIndexedAge,
		AckWait:         DefaultAckWait,
		MaxAckPending:   DefaultMaxAckPending,
		Generations:     generations,
	}
}

func (t Topology) streams() []jetstream.StreamConfig {
	return []jetstream.StreamConfig{t.intake(),
		t.state(StreamChunked, "The last state of each chunked document", events.ChunkedSubjects, t.ChunkedBytes),
		t.state(StreamEmbedded, "The last state of each embedded document", events.EmbeddedSubjects, t.EmbeddedBytes),
		t.indexed()}
}

// intake returns the stream that outsiders publish to. Its events have no other copy, so
// it is written through (the server's sync_interval decides). Every feature by which a
// publisher could remove, replace or delay messages is off. Each tenant has a subject
// with a limit of its own, so that a flood is refused only to the tenant that causes it.
func (t Topology) intake() jetstream.StreamConfig {
	cfg := t.stream(StreamIntake, "Repositories submitted, until they are ingested", t.IntakeBytes, events.SubmittedSubjects)
	cfg.Retention = jetstream.WorkQueuePolicy
	cfg.DenyDelete, cfg.DenyPurge = true, true
	cfg.PersistMode = jetstream.DefaultPersistMode
	cfg.MaxMsgsPerSubject, cfg.DiscardNewPerSubject = t.IntakePerTenant, true
	cfg.MaxMsgSize = IntakeMessageBytes
	cfg.Duplicates = intakeDedupeWindow
	return cfg
}

// state returns a stream that keeps the last message of each subject. A document is one
// message of work, and a replay costs one message a document. A tombstone expires by its
// TTL.
func (t Topology) state(name, description, subjects string, bytes int64) jetstream.StreamConfig {
	cfg := t.stream(name, description, bytes, subjects)
	cfg.MaxMsgsPerSubject = 1
	cfg.AllowMsgTTL = true
	cfg.AllowDirect = true
	return cfg
}

func (t Topology) indexed() jetstream.StreamConfig {
	cfg := t.stream(StreamIndexed, "What can be searched, as it happens", t.IndexedBytes, events.IndexedSubjects, events.CompletedSubjects)
	cfg.MaxAge = t.IndexedAge
	// No worker reads this stream. When it is full it drops its oldest messages
	// rather than hold up the indexer.
	cfg.Discard = jetstream.DiscardOld
	return cfg
}

func (t Topology) stream(name, description string, bytes int64, subjects ...string) jetstream.StreamConfig {
	cfg := jetstream.StreamConfig{
		Name:        name,
		Description: description,
		Subjects:    subjects,
		Retention:   jetstream.LimitsPolicy,
		Discard:     jetstream.DiscardNew,
		MaxBytes:    bytes,
		MaxMsgSize:  events.MaxBytes + headerBytes,
		// -1 is the server's word for unlimited: 0 would look like a change.
		MaxMsgs:           -1,
		MaxMsgsPerSubject: -1,
		Storage:           jetstream.FileStorage,
		Replicas:          t.Replicas,
		Duplicates:        dedupeWindow,
		Compression:       jetstream.S2Compression,
	}
	if len(t.Tags) > 0 {
		cfg.Placement = &jetstream.Placement{Tags: t.Tags}
	}
	// The catalog can publish all these messages again, so a publisher need not wait for
	// the disk. Servers refuse this mode for a replicated stream, where the replicas make
	// a message safe.
	if t.Replicas <= 1 {
		cfg.PersistMode = jetstream.AsyncPersistMode
	}
	return cfg
}

type consumer struct {
	stream string
	config jetstream.ConsumerConfig
}

func (t Topology) consumers() []consumer {
	all := []consumer{t.consumer(StreamIntake, ConsumerIngestor, events.SubmittedSubjects)}
	embedders := make(map[string]bool)
	for _, g := range t.Generations {
		for _, lane := range events.Lanes {
			if !embedders[g.Embedder] {
				all = append(all, t.consumer(StreamChunked, ConsumerEmbedder(g.Embedder, lane), events.ChunkedLane(lane)))
			}
			all = append(all, t.consumer(StreamEmbedded, ConsumerIndexer(g.Number, lane), events.EmbeddedLane(g.Embedder, lane)))
		}
		embedders[g.Embedder] = true
	}
	return all
}

func (t Topology) consumer(stream, name, filter string) consumer {
	return consumer{stream, jetstream.ConsumerConfig{
		Durable:       name,
		FilterSubject: filter,
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       t.AckWait,
		MaxDeliver:    -1, // the catalog counts attempts, not the stream
		MaxAckPending: t.MaxAckPending,
	}}
}
