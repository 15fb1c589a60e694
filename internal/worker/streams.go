package worker

import (
	"context"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer"
)

// Streams gives the syncer its view of the event streams: it names their
// consumers by embedder and generation.
type Streams struct {
	broker   *broker.Broker
	topology broker.Topology // everything except the generations
}

// Streams returns the syncer's view of the event streams.
func (s *Stores) Streams() Streams { return Streams{s.Broker, s.topology} }

// Ensure makes the missing streams, and the missing consumers of the live generations in the list.
func (s Streams) Ensure(ctx context.Context, list []catalog.GenerationStatus) error {
	topology := s.topology
	topology.Generations = nil
	for _, g := range list {
		if g.Live() {
			topology.Generations = append(topology.Generations, streamed(g.Generation))
		}
	}
	return s.broker.Ensure(ctx, topology)
}

// Lag counts the messages that wait for the generation's consumers, and those that workers hold.
// With ownEmbedder it includes the consumers of its embedder.
func (s Streams) Lag(ctx context.Context, g catalog.Generation, ownEmbedder bool) (waiting, inFlight uint64, err error) {
	for _, c := range streamed(g).Consumers() {
		if c.Stream == broker.StreamChunked && !ownEmbedder {
			continue
		}
		lag, err := s.broker.Lag(ctx, c.Stream, c.Name)
		if err != nil {
			return 0, 0, err
		}
		waiting, inFlight = waiting+lag.Pending, inFlight+lag.InFlight
	}
	return waiting, inFlight, nil
}

// Tell tells everybody that a generation has changed.
func (s Streams) Tell() error { return s.broker.Tell(broker.SubjectGenerations) }

// Told returns a channel that signals each Tell.
func (s Streams) Told() (told <-chan struct{}, stop func(), err error) {
	return s.broker.Hear(broker.SubjectGenerations)
}

// Drop deletes the generation's consumers and, with ownEmbedder, its embedder's.
func (s Streams) Drop(ctx context.Context, g catalog.Generation, ownEmbedder bool) error {
	return s.broker.DropGeneration(ctx, streamed(g), ownEmbedder)
}

// Waiting begins a look at the waiting messages.
func (s Streams) Waiting() syncer.Waiting { return waiting{s.broker.Waiting()} }

type waiting struct{ *broker.Waiting }

func (w waiting) ForEmbedder(ctx context.Context, embedder string, lane events.Lane, subject string) (bool, error) {
	return w.For(ctx, broker.StreamChunked, broker.ConsumerEmbedder(embedder, lane), subject)
}

func (w waiting) ForIndexer(ctx context.Context, generation int64, lane events.Lane, subject string) (bool, error) {
	return w.For(ctx, broker.StreamEmbedded, broker.ConsumerIndexer(generation, lane), subject)
}

func streamed(g catalog.Generation) broker.Generation {
	return broker.Generation{Number: g.Number, Embedder: g.Embedder.Name}
}
