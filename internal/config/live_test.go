package config_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/config"
)

// Settings of the catalog take precedence over flags and environment, until they are taken back.
func TestLiveSettings(t *testing.T) {
	t.Setenv("LEAT_POINTS_RATE", "77")
	var cfg config.Syncer
	parser, err := config.SyncerProgram.Parser(&cfg, "test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{"--scrub-interval=3h", "--log-level=warn"}); err != nil {
		t.Fatal(err)
	}
	l, err := config.NewLive(parser.Model.Flags)
	if err != nil {
		t.Fatal(err)
	}
	set := map[string]string{"scrub-interval": "5m", "points-rate": "88", "log-level": "debug", "token-rate": "3", "scrub-rate": "many"}
	if !l.Differs(set) {
		t.Error("settings do not differ from none")
	}
	refused := l.Apply(set)
	if cfg.ScrubInterval != 5*time.Minute || cfg.PointsRate != 88 || cfg.ScrubRate != 16 {
		t.Errorf("scrub-interval %s, points-rate %d, scrub-rate %d", cfg.ScrubInterval, cfg.PointsRate, cfg.ScrubRate)
	}
	if len(refused) != 1 || !strings.Contains(refused[0].Error(), "scrub-rate") {
		t.Errorf("refused are %v", refused)
	}
	if level := l.Level(set); level != slog.LevelDebug {
		t.Errorf("the level is %s", level)
	}
	set["token-rate"], set["log-level"] = "4", "error" // a setting of another worker, and the level of logs
	if l.Differs(set) {
		t.Error("they differ by what is not this worker's")
	}
	if refused := l.Apply(nil); cfg.ScrubInterval != 3*time.Hour || cfg.PointsRate != 77 || len(refused) > 0 {
		t.Errorf("taken back: scrub-interval %s, points-rate %d, %v", cfg.ScrubInterval, cfg.PointsRate, refused)
	}
	if level := l.Level(nil); level != slog.LevelWarn {
		t.Errorf("taken back, the level is %s", level)
	}
}

func TestOnlyWhatFitsIsSet(t *testing.T) {
	t.Setenv("LEAT_SCRUB_RATE", "nonsense") // the asking machine's own environment must not matter
	for _, name := range config.LiveNames() {
		if err := config.CheckLive(name, "env:X"); err == nil {
			t.Errorf("%s takes a reference", name)
		}
	}
	for _, good := range [][2]string{{"scrub-rate", "4"}, {"log-level", "debug"}, {"poll-interval", "0s"}, {"approve-share", "0.2"}, {"token-rate", "0.5"}} {
		if err := config.CheckLive(good[0], good[1]); err != nil {
			t.Errorf("%s %s: %v", good[0], good[1], err)
		}
	}
	for _, bad := range [][2]string{
		{"scrub-rate", "0"}, {"log-level", "loud"}, {"poll-interval", "-1s"}, {"approve-share", "2"}, {"bulk-window", ""},
		{"nats-url", "nats://x"}, {"include", "a"}, {"nosuch", "1"},
	} {
		if err := config.CheckLive(bad[0], bad[1]); err == nil || !strings.Contains(err.Error(), bad[0]) {
			t.Errorf("%s %q is answered with %v", bad[0], bad[1], err)
		}
	}
}
