//go:build linux

package stack

import (
	"os"
	"path/filepath"
	"testing"
)

// Only the output of the last run counts.
func TestTheLastRunSpeaks(t *testing.T) {
	const first = "time=1 level=INFO msg=starting worker=embedder health=127.0.0.1:41\ntime=2 level=INFO msg=ready worker=embedder\n"
	for _, test := range []struct {
		name, log, health string
		ready             bool
	}{
		{"nothing yet", "", "", false},
		{"ready", first, "127.0.0.1:41", true},
		{"started again", first + "time=3 level=INFO msg=starting worker=embedder health=127.0.0.1:42\n", "127.0.0.1:42", false},
		{"started again, and silent", first + "time=3 level=INFO msg=starting ", "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := &Process{Log: filepath.Join(t.TempDir(), "log")}
			if err := os.WriteFile(p.Log, []byte(test.log), 0o600); err != nil {
				t.Fatal(err)
			}
			if ready, health := p.Ready(), p.Health(); ready != test.ready || health != test.health {
				t.Errorf("ready %t, health %q, want %t, %q", ready, health, test.ready, test.health)
			}
		})
	}
}
