package service

import (
	"testing"
	"testing/synctest"
	"time"
)

// The reason for a stall is looked for after a while, then now and then, and not at all after a
// change.
func TestAStallIsExplained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w stall
		asked := 0
		why := func() string { asked++; return "no ingestor takes work" }
		waits := Progress{Listing: true}
		for range 5 { // 0 to 8 s
			if got := w.look(waits, why); got != "" {
				t.Errorf("%q while it may still go on", got)
			}
			time.Sleep(2 * time.Second)
		}
		for range 6 { // 10 to 20 s
			if got := w.look(waits, why); got != "no ingestor takes work" {
				t.Errorf("%q after ten seconds", got)
			}
			time.Sleep(2 * time.Second)
		}
		if asked != 2 {
			t.Errorf("the reason was looked for %d times in twelve seconds, want 2", asked)
		}
		if got := w.look(Progress{Counts: DocumentCounts{Total: 1}}, why); got != "" || asked != 2 {
			t.Errorf("%q once a document is listed", got)
		}
	})
}
