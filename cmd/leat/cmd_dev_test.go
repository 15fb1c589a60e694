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

// What 'leat dev' tells other commands of stores that it does not run holds no password.
func TestToldAddressesHoldNoSecret(t *testing.T) {
	for address, want := range map[string]bool{
		"http://127.0.0.1:6334":                       true,
		"https://s3.example.org/bucket/prefix":        true,
		"nats://nats.example.org:4222":                true,
		"postgres://leat@/leat?host=%2Frun&port=5432": true,
		"":                              false,
		"nats://token@nats.example.org": false,
		"postgres://leat:secret@db.example.org/leat":     false,
		"postgres://db.example.org/leat?password=secret": false,
		"host=db.example.org password=secret":            false,
		"nats://a:4222,nats://token@b:4222":              false,
	} {
		if got := told(address); (got != "") != want || want && got != address {
			t.Errorf("%q is told as %q", address, got)
		}
	}
}
