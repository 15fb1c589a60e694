package main

import (
	"testing"
	"time"

	"github.com/leatworks/leat/internal/service"
)

func TestStagesTellHowFarTheWorkIs(t *testing.T) {
	s := newStages()
	at := time.Now()
	for _, step := range []struct {
		after   time.Duration
		counts  service.DocumentCounts
		listing bool
		want    string
	}{
		{0, service.DocumentCounts{}, true, "fetching"},
		{time.Second, service.DocumentCounts{Total: 400, Skipped: 112}, true, "read 512, embed 0 of 400, index 0 of 400"},
		{time.Second, service.DocumentCounts{Total: 1000, Skipped: 200, Embedded: 500, Indexed: 100}, true, "read 1,200, embed 500 of 1,000, index 100 of 1,000"},
		{time.Second, service.DocumentCounts{Total: 1000, Skipped: 200, Embedded: 900, Indexed: 500}, false,
			"read 1,200 of 1,200, embed 900 of 1,000, index 500 of 1,000 (500/s, 2s left)"},
		{8 * time.Second, service.DocumentCounts{Total: 1000, Skipped: 200, Embedded: 999, Failed: 1, Indexed: 999}, false,
			"read 1,200 of 1,200, embed 999 of 999, index 999 of 999 (111/s)"},
	} {
		at = at.Add(step.after)
		s.update(step.counts, step.listing, at)
		if got := s.String(); got != step.want {
			t.Errorf("%+v is told as %q, want %q", step.counts, got, step.want)
		}
	}
	// A stage that has ended keeps the rate at which it ended.
	s.update(service.DocumentCounts{Total: 1000, Skipped: 200, Embedded: 999, Failed: 1, Indexed: 999}, false, at.Add(time.Hour))
	if got := s[2].speed(); got != "111/s" {
		t.Errorf("an hour later the speed is %s", got)
	}
}
