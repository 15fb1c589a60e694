package worker

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/leatworks/leat/internal/config"
)

// ErrReconfigured is the cause that ends a worker's run when settings of the catalog have changed.
// The worker then begins another run with the new settings.
var ErrReconfigured = errors.New("settings have changed")

// settingPoll is the time in which a worker notices a setting that has changed.
const settingPoll = 2 * time.Second

// Reconfigured runs a worker with the settings of the catalog, which take precedence over its own.
// When they change, it ends the run, which gives its messages back, and begins another one. The
// stores and the address of the health checks stay open. It returns when ctx ends or a run ends by
// itself. setLevel may be nil.
func (s *Stores) Reconfigured(ctx context.Context, live *config.Live, setLevel func(slog.Level), log *slog.Logger, run func(context.Context) error) error {
	settings, err := s.settings(ctx)
	if err != nil {
		log.Warn("could not read the settings of the catalog; trying again", "error", err)
	}
	for {
		if setLevel != nil {
			setLevel(live.Level(settings))
		}
		for _, err := range live.Apply(settings) {
			log.Warn("a setting of the catalog does not fit this release; it is ignored", "error", err)
		}
		running, end := context.WithCancelCause(ctx)
		changed := make(chan map[string]string, 1)
		go func() { changed <- s.await(running, live, setLevel, end) }()
		err := run(running)
		end(nil)
		settings = <-changed
		if !errors.Is(context.Cause(running), ErrReconfigured) || ctx.Err() != nil {
			return err
		}
		if err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
		log.Info("settings have changed; going on with the new ones")
	}
}

// await ends the run when settings that it uses change, and returns them.
func (s *Stores) await(ctx context.Context, live *config.Live, setLevel func(slog.Level), end context.CancelCauseFunc) map[string]string {
	ticker := time.NewTicker(settingPoll)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		settings, err := s.settings(ctx)
		if err != nil {
			continue // the parts that work on the catalog report the error
		}
		if setLevel != nil {
			setLevel(live.Level(settings))
		}
		if live.Differs(settings) {
			end(ErrReconfigured)
			return settings
		}
	}
}

// settings are the settings in the catalog, by name.
func (s *Stores) settings(ctx context.Context) (map[string]string, error) {
	list, err := s.Catalog.Settings.List(ctx)
	if err != nil {
		return nil, err
	}
	settings := make(map[string]string, len(list))
	for _, one := range list {
		settings[one.Name] = one.Value
	}
	return settings, nil
}
