package main

import (
	"context"
	"log/slog"
	"testing"

	"github.com/leatworks/leat/internal/config"
)

// While the workers run, the flags hold the catalog's settings. So the flags soon hold the
// level that the catalog asks for. That level counts all the same.
func TestALevelOfTheCatalogLasts(t *testing.T) {
	g := &globals{Log: config.Log{Level: slog.LevelInfo}}
	log, setLevel := (&devCmd{Once: true}).logger(g, nil)
	enabled := func(level slog.Level) bool { return log.Enabled(context.Background(), level) }

	setLevel(slog.LevelInfo)
	if enabled(slog.LevelInfo) {
		t.Error("lines of level info are shown beside the progress, though nobody has asked for them")
	}
	g.Level = slog.LevelDebug
	for range 2 {
		if setLevel(slog.LevelDebug); !enabled(slog.LevelDebug) {
			t.Fatal("the level that the catalog asks for is lost")
		}
	}
	g.Level = slog.LevelInfo
	if setLevel(slog.LevelInfo); enabled(slog.LevelInfo) {
		t.Error("lines of level info are shown after the catalog's setting is gone")
	}
}
