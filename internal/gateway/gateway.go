// Package gateway assembles the gateway: the service over the stores, and the doors
// that lead to it over HTTP. It runs them until it is told to stop.
//
// A gateway keeps no state, so any number of them may run.
package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/leatworks/leat/internal/callout"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/httpapi"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/worker"
)

// source names the gateway as the publisher of its events.
const source = "/leat/gateway"

// Run serves the doors at the address of the process's health checks until ctx ends,
// and then waits for the requests under way, no longer than drain.
//
// git says how a repair reads repositories to restore lost texts. Without a directory for mirrors
// they stay lost.
func Run(ctx context.Context, s *worker.Stores, cfg config.Stores, door config.Door, git config.Git, drain time.Duration, log *slog.Logger) error {
	box, err := cfg.Box()
	if err != nil {
		return err
	}
	svc := service.New(service.Config{
		Index: cfg.Index, Source: source, OpenEmbedder: s.OpenEmbedder, Box: box, LocalPaths: door.LocalPaths, TextCache: int(door.TextCache),
		Mender: mender{s, config.Syncer{Worker: config.Worker{Process: config.Process{Stores: cfg}}, Git: git}, log},
	}, s.Stores)
	agents, err := tools(door.Tools, svc, log)
	if err != nil {
		return err
	}
	site, people, err := entrance(door.Session, box, ctx.Done(), svc, log)
	if err != nil {
		return err
	}
	api, err := httpapi.New(httpapi.Config{
		MaxBody: door.MaxBody, Timeout: door.Timeout, MaxRequests: door.MaxRequests, Rate: door.Rate, Burst: door.Burst,
		Streams: door.Streams, Origins: door.Origins(), Stopping: ctx.Done(), Meter: s.Meter, Doors: append(agents, people...), Absent: http.HandlerFunc(site.Absent),
	}, svc, log)
	if err != nil {
		return err
	}
	doors, ctx := errgroup.WithContext(ctx)
	if door.NATSCallout != "" {
		doors.Go(func() error { return callout.Run(ctx, cfg.NATSURL, door.NATSCallout, svc, log) })
	}
	doors.Go(func() error {
		api.Count(ctx)
		return nil
	})
	s.Health.Mount(api)
	<-ctx.Done()
	if errors.Is(context.Cause(ctx), worker.ErrReconfigured) { // the next run takes over the address
		return doors.Wait()
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	err = s.Health.Drain(bounded)
	if errors.Is(err, context.DeadlineExceeded) {
		err = nil
	}
	return errors.Join(doors.Wait(), err)
}
