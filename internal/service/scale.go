package service

import (
	"context"
	"strings"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/broker"
)

// Stages are the workers whose pending work can be told, and by which they can be
// scaled.
var Stages = []string{"ingestor", "embedder", "indexer"}

// ScaleAnswer is the pending work of a stage: messages that no worker has finished.
type ScaleAnswer struct {
	Stage   string `json:"stage"`
	Pending uint64 `json:"pending" doc:"Of the lane that was asked for, or of both."`
	Live    uint64 `json:"live" doc:"Of small submissions and updates. The ingestor has this lane alone."`
	Bulk    uint64 `json:"bulk" doc:"Of first ingests of large repositories, and of rebuilds."`
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
		return a, &Error{Kind: NotFound, Field: FieldStage, Value: stage, Reason: "no such stage; there are " + strings.Join(Stages, ", ")}
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

// scaleLanes adds up the work that waits for the consumers of all generations.
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
