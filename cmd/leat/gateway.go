package main

import (
	"context"
	"errors"
	"log/slog"
	"net"

	"golang.org/x/sync/errgroup"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/gateway"
	"github.com/leatworks/leat/internal/telemetry"
	"github.com/leatworks/leat/internal/worker"
)

// defaultGateway is the address of the gateway of `leat dev`. Another is taken if it is
// in use and was not asked for.
const (
	defaultGateway = "127.0.0.1:8475"
	anyGateway     = "127.0.0.1:0"
)

// devGateway is the gateway of `leat dev`.
type devGateway struct {
	health  *worker.Health
	metrics *telemetry.Metrics
}

// listen serves the health checks at the gateway's address. The doors follow when the
// stores are open.
func (cmd *devCmd) listen(ctx context.Context, log *slog.Logger) (*devGateway, error) {
	metrics, err := telemetry.NewMetrics(ctx, "dev")
	if err != nil {
		return nil, err
	}
	addr := cmd.GatewayListen
	if addr == "" {
		addr = defaultGateway
	}
	health, err := worker.Listen(addr, true, metrics, log)
	if err != nil && cmd.GatewayListen == "" {
		health, err = worker.Listen(anyGateway, true, metrics, log)
	}
	if err != nil {
		return nil, errors.Join(err, metrics.Close(context.Background()))
	}
	return &devGateway{health, metrics}, nil
}

func (d *devGateway) close(ctx context.Context) {
	d.health.Close()
	_ = d.metrics.Close(context.WithoutCancel(ctx)) // lost figures are no reason to fail
}

// url is the gateway's address, "" if it has none.
func (d *devGateway) url() string {
	if d.health.Addr() == nil {
		return ""
	}
	return "http://" + d.health.Addr().String()
}

// private says whether only this machine reaches the gateway. Its tokens may then name paths
// of the machine, as the command line may.
func (d *devGateway) private() bool {
	addr, ok := d.health.Addr().(*net.TCPAddr)
	return ok && addr.IP.IsLoopback()
}

// beside runs the gateway until main returns. Main begins when the gateway answers, so that
// whoever learns its address from main finds it.
func (d *devGateway) beside(ctx context.Context, s *worker.Stores, stores config.Stores, door config.Door, git config.Git, log *slog.Logger, main func(context.Context) error) error {
	if d.url() == "" {
		return main(ctx)
	}
	door.LocalPaths = door.LocalPaths || d.private()
	serving, stop := context.WithCancel(ctx)
	defer stop()
	both, ctx := errgroup.WithContext(serving)
	both.Go(func() error { return gateway.Run(ctx, s, stores, door, git, devDrain, log.With("worker", "gateway")) })
	select {
	case <-d.health.Whole():
	case <-ctx.Done():
	}
	answer := main(ctx)
	d.health.Stop()
	stop()
	if err := both.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return answer
}
