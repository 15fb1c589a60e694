package worker_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/catalog"
)

// A running worker applies a setting of the catalog, and drops it when it is unset.
func TestAWorkerTakesSettingsWhileItRuns(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	var cfg config.Syncer
	parser, err := config.SyncerProgram.Parser(&cfg, "test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(nil); err != nil {
		t.Fatal(err)
	}
	live, err := config.NewLive(parser.Model.Flags)
	if err != nil {
		t.Fatal(err)
	}
	by := catalog.Author{Name: "test"}
	if err := p.Catalog.Settings.Set(t.Context(), by, "scrub-rate", "3"); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	runs, ended := make(chan int64), make(chan error, 1)
	level := new(slog.LevelVar)
	go func() {
		ended <- p.Reconfigured(ctx, live, level.Set, slog.New(slog.DiscardHandler), func(ctx context.Context) error {
			runs <- cfg.ScrubRate
			<-ctx.Done()
			return ctx.Err()
		})
	}()
	next := func(want int64) {
		t.Helper()
		select {
		case got := <-runs:
			if got != want {
				t.Errorf("it runs with %d, want %d", got, want)
			}
		case <-time.After(testpipe.Patience):
			t.Fatal("it does not begin anew")
		}
	}
	next(3)
	if err := p.Catalog.Settings.Set(t.Context(), by, "log-level", "debug"); err != nil {
		t.Fatal(err)
	}
	if err := p.Catalog.Settings.Set(t.Context(), by, "scrub-rate", "5"); err != nil {
		t.Fatal(err)
	}
	next(5)
	if level.Level() != slog.LevelDebug {
		t.Errorf("it logs at %s", level.Level())
	}
	if err := p.Catalog.Settings.Unset(t.Context(), by, "scrub-rate"); err != nil {
		t.Fatal(err)
	}
	next(16)
	stop()
	select {
	case err := <-ended:
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	case <-time.After(testpipe.Patience):
		t.Fatal("it does not end")
	}
}
