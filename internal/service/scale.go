package service

import (
	"context"
	"strings"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/broker"
)

// Stages are the workers that can be scaled by their pending work.
var Stages = []string{"ingestor", "embedder", "indexer"}

// ScaleAnswer is the pending work of a stage: messages that no worker has finished.
type ScaleAnswer struct {
	Stage   string `json:"stage"`
	Pending uint64 `json:"pending" doc:"Pending work of the requested lane, or of both."`
	Live    uint64 `json:"live" doc:"Pending work of small submissions and updates. The ingestor has only this lane."`
	Bulk    uint64 `json:"bulk" doc:"Pending work of first ingests of large repositories, and of rebuilds."`
}

// Scale counts the pending work of a stage, in one lane or in both.
func (s *Service) Scale(ctx context.Context, stage string, lane events.Lane) (a ScaleAnswer, err error) {
	defer mark(&err)
	if err := s.whole(ctx, store.Postgres|store.NATS); err != nil {
		return a, err
	}
	a.Stage = stage
	switch stage {
	case "ingestor":
		a.Live, err = s.pending(ctx, broker.Consumer{Stream: broker.StreamIntake, Name: broker.ConsumerIngestor})
	case "embedder", "indexer":
		err = s.scaleLanes(ctx, &a)
	default:
		return a, &Error{Kind: NotFound, Field: FieldStage, Value: stage, Reason: "unknown stage; there are " + strings.Join(Stages, ", ")}
	}
	switch lane {
	case events.Live:
		a.Pending = a.Live
	case events.Bulk:
		a.Pending = a.Bulk
	default:
		a.Pending = a.Live + a.Bulk
	}
	return a, err
}

// scaleLanes adds up the waiting work of the consumers of all generations.
func (s *Service) scaleLanes(ctx context.Context, a *ScaleAnswer) error {
	list, err := s.stores.Catalog.Generations.List(ctx)
	if err != nil {
		return err
	}
	for _, lane := range events.Lanes {
		for _, c := range consumersOf(a.Stage, lane, list) {
			n, err := s.pending(ctx, c)
			if err != nil {
				return err
			}
			if lane == events.Bulk {
				a.Bulk += n
			} else {
				a.Live += n
			}
		}
	}
	return nil
}

func (s *Service) pending(ctx context.Context, c broker.Consumer) (uint64, error) {
	lag, err := s.stores.Broker.Lag(ctx, c.Stream, c.Name)
	return lag.Pending + lag.InFlight, err
}
