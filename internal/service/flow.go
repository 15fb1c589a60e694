package service

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
)

// FlowRequest asks for the work under way, by stage and lane.
type FlowRequest struct {
	Tenant string
	Reach  []string // globs of repositories that may be seen; empty: all of the tenant's
	Queues bool     // include the messages that wait in the streams for all tenants
}

// FlowAnswer is the work under way.
type FlowAnswer struct {
	Stages     []Stage `json:"stages" nullable:"false" doc:"ingestor, embedder, indexer."`
	Generation int64   `json:"generation" doc:"The active generation of the index; 0: there is none yet."`
	Embedder   string  `json:"embedder" doc:"Model of the active generation."`
	Building   int64   `json:"building" doc:"Number of the generation that is being built; 0: none."`
}

// Stage is the open work of a worker.
type Stage struct {
	Stage   string      `json:"stage"`
	Reading int64       `json:"reading,omitempty" doc:"Number of trees that are being read; only for the ingestor."`
	Lanes   []StageLane `json:"lanes" nullable:"false" doc:"The ingestor has one lane."`
}

// StageLane is the open work of a worker in a lane.
type StageLane struct {
	Lane   string  `json:"lane"`
	Open   int64   `json:"open" doc:"Submissions or documents of the tenant that the stage has not finished."`
	Failed int64   `json:"failed" doc:"Documents of the tenant on which an attempt failed; only for the indexer."`
	Oldest float64 `json:"oldest_seconds" doc:"Age of the oldest open one."`
	Queue  *Queue  `json:"queue,omitempty" doc:"The lane's messages for all tenants, if the request asks for them."`
}

// Queue counts the messages that wait in a stream for the replicas of a worker.
type Queue struct {
	Waiting     uint64 `json:"waiting"`
	InFlight    uint64 `json:"in_flight"`
	Redelivered uint64 `json:"redelivered" doc:"Number of those in flight that were delivered before."`
	Done        uint64 `json:"done" doc:"Number of finished messages since the consumers were made. The difference of two answers gives a rate."`
}

// Flow counts the work under way.
func (s *Service) Flow(ctx context.Context, r FlowRequest) (a FlowAnswer, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return a, err
	}
	if r.Queues {
		if err := s.whole(ctx, store.NATS); err != nil {
			return a, err
		}
	}
	ids, err := s.bounded(ctx, r.Tenant, r.Reach)
	if err != nil {
		return a, err
	}
	listings, err := s.stores.Catalog.Flow.Listings(ctx, r.Tenant, ids...)
	if err != nil {
		return a, err
	}
	open, err := s.stores.Catalog.Flow.OpenWork(ctx, r.Tenant, ids...)
	if err != nil {
		return a, err
	}
	a.Stages = []Stage{
		{Stage: "ingestor", Reading: listings.Listing, Lanes: []StageLane{{Lane: string(events.Live), Open: listings.Waiting, Oldest: listings.Oldest.Seconds()}}},
		{Stage: "embedder", Lanes: lanesOf(open, catalog.StateChunked)}, {Stage: "indexer", Lanes: lanesOf(open, catalog.StateEmbedded)},
	}
	list, err := s.stores.Catalog.Generations.List(ctx)
	if err != nil {
		return a, err
	}
	for _, g := range list {
		switch g.State {
		case catalog.GenerationActive:
			a.Generation, a.Embedder = g.Number, g.Embedder.Name
		case catalog.GenerationBuilding:
			a.Building = g.Number
		}
	}
	if r.Queues {
		err = s.queues(ctx, list, a.Stages)
	}
	return a, err
}

// bounded returns the repositories that a request reaches, or none if it reaches all.
func (s *Service) bounded(ctx context.Context, tenant string, reach []string) ([]uuid.UUID, error) {
	if !restricted(ctx, reach) {
		return nil, nil
	}
	return s.repositoryIDs(ctx, TracksRequest{Tenant: tenant, Reach: reach})
}

// lanesOf sorts the documents in a state by their lanes. Failed ones are shown at the last stage,
// because the catalog does not say in which stage they failed.
func lanesOf(open []catalog.OpenWork, state catalog.DocumentState) []StageLane {
	lanes := make([]StageLane, len(events.Lanes))
	for i, lane := range events.Lanes {
		lanes[i].Lane = string(lane)
		for _, w := range open {
			switch {
			case w.Lane != lane:
			case w.State == state:
				lanes[i].Open, lanes[i].Oldest = w.Documents, time.Since(w.Oldest).Seconds()
			case w.State == catalog.StateFailed && state == catalog.StateEmbedded:
				lanes[i].Failed = w.Documents
			}
		}
	}
	return lanes
}

// queues adds the messages that wait in the streams. A consumer that no worker has made yet has
// none.
func (s *Service) queues(ctx context.Context, generations []catalog.GenerationStatus, stages []Stage) error {
	for i, stage := range stages {
		for k := range stage.Lanes {
			lane := &stages[i].Lanes[k]
			lane.Queue = &Queue{}
			for _, c := range consumersOf(stage.Stage, events.Lane(lane.Lane), generations) {
				lag, err := s.stores.Broker.Lag(ctx, c.Stream, c.Name)
				if err != nil && !errors.Is(err, broker.ErrNoConsumer) {
					return err
				}
				lane.Queue.Waiting += lag.Pending
				lane.Queue.InFlight += lag.InFlight
				lane.Queue.Redelivered += lag.Redelivered
				lane.Queue.Done += lag.Done
			}
		}
	}
	return nil
}

// consumersOf lists the consumers of a stage in a lane, for all generations that are kept up to
// date. Two generations may share a consumer.
func consumersOf(stage string, lane events.Lane, generations []catalog.GenerationStatus) (list []broker.Consumer) {
	if stage == "ingestor" {
		return []broker.Consumer{{Stream: broker.StreamIntake, Name: broker.ConsumerIngestor}}
	}
	seen := make(map[string]bool)
	for _, g := range generations {
		c := broker.Consumer{Stream: broker.StreamChunked, Name: broker.ConsumerEmbedder(g.Embedder.Name, lane)}
		if stage == "indexer" {
			c = broker.Consumer{Stream: broker.StreamEmbedded, Name: broker.ConsumerIndexer(g.Number, lane)}
		}
		if g.Live() && !seen[c.Name] {
			seen[c.Name] = true
			list = append(list, c)
		}
	}
	return list
}
