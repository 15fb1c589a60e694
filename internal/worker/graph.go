package worker

import (
	"context"
	"log/slog"
	"time"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/pipeline/graph"
)

// graphPace is the pace of asking whether another process has made a graph.
const graphPace = 50 * time.Millisecond

// MakeGraphs makes the symbol graphs that are owed, and waits for the ones that another process is
// making.
func MakeGraphs(ctx context.Context, s *Stores, parser config.Parser, log *slog.Logger) error {
	owed := func() (bool, error) {
		list, err := s.Catalog.Graphs.Owed(ctx, graph.CodeVersion(), 1)
		return len(list) > 0, err
	}
	if some, err := owed(); !some || err != nil {
		return err
	}
	cutter, end, err := splitter(parser, log)
	if err != nil {
		return err
	}
	defer end()
	step := s.graphs(cutter, log)
	ticker := time.NewTicker(graphPace)
	defer ticker.Stop()
	for {
		if err := step.Look(ctx); err != nil {
			return err
		}
		if some, err := owed(); !some || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

func (s *Stores) graphs(cutter graph.Cutter, log *slog.Logger) *graph.Step {
	return graph.New(graph.Config{}, graph.RoomsOf(s.Catalog), s.Blobs, cutter, log)
}
