package callout

import (
	"context"
	"log/slog"
	"time"

	"github.com/leatworks/leat/internal/account"
)

// The pause before another attempt to connect doubles, up to mostPause.
const (
	leastPause = 500 * time.Millisecond
	mostPause  = 10 * time.Second
)

// Run answers the questions of the servers at url until ctx ends, with the keys that 'leat nats
// config' wrote into file. It waits for a server that is not up yet. It returns an error only if
// the file cannot be used.
func Run(ctx context.Context, url, file string, tokens Authenticator, log *slog.Logger) error {
	loaded, err := account.LoadCallout(file)
	if err != nil {
		return err
	}
	c, err := New(Config{URL: url, Callout: loaded}, tokens, log)
	if err != nil {
		return err
	}
	for pause := leastPause; ; pause = min(2*pause, mostPause) {
		err := c.Serve(ctx)
		if ctx.Err() != nil {
			return nil
		}
		log.Warn("clients cannot use tokens on NATS; trying again", "error", err, "in", pause)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}
