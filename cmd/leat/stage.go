package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/leatworks/leat/internal/number"
	"github.com/leatworks/leat/internal/service"
)

// stage is the progress of one stage of the pipeline with the followed submissions.
type stage struct {
	name        string
	before      string // the text before the first item
	done, total int64
	growing     bool // total is still rising
	began       time.Time
	took        time.Duration // from the first item to the last change
}

// stages are the three stages that a document passes, in order.
type stages [3]stage

func newStages() stages {
	return stages{{name: "read", before: "fetching"}, {name: "embed"}, {name: "index"}}
}

// update takes the counts of the catalog. A document that failed is no longer work
// for any stage.
func (s *stages) update(c service.DocumentCounts, listing bool, now time.Time) {
	left := c.Total - c.Failed
	s[0].set(c.Total+c.Skipped, c.Total+c.Skipped, listing, now)
	s[1].set(c.Embedded, left, listing, now)
	s[2].set(c.Indexed, left, listing, now)
}

func (s *stage) set(done, total int64, growing bool, now time.Time) {
	if done != s.done {
		if s.began.IsZero() {
			s.began = now
		}
		s.took = now.Sub(s.began)
	}
	s.done, s.total, s.growing = done, total, growing
}

// rate returns items a second, 0 while the rate is unknown.
func (s stage) rate() float64 {
	if s.took < 200*time.Millisecond {
		return 0
	}
	return float64(s.done) / s.took.Seconds()
}

// unknown says whether the total so far is no more than the number done.
func (s stage) unknown() bool { return s.growing && s.done == s.total }

// counts writes the number of items done, and the total where it is known.
func (s stage) counts() string {
	switch {
	case s.done == 0 && s.unknown():
		return s.before
	case s.unknown():
		return number.Thousands(s.done)
	}
	return number.Thousands(s.done) + " of " + number.Thousands(s.total)
}

// speed writes the rate, and the time that the remaining items will take.
func (s stage) speed() string {
	rate := s.rate()
	if rate == 0 {
		return ""
	}
	text := number.Thousands(int64(rate)) + "/s"
	if left := s.total - s.done; left > 0 && !s.growing {
		text += fmt.Sprintf(", %s left", seconds(float64(left)/rate))
	}
	return text
}

// seconds rounds up, so that remaining work never shows as no time.
func seconds(s float64) time.Duration {
	return (time.Duration(s*float64(time.Second)) + time.Second).Truncate(time.Second)
}

// String is one line about all stages.
func (s stages) String() string {
	if s[0].done == 0 {
		return s[0].counts()
	}
	parts := make([]string, len(s))
	for i, one := range s {
		parts[i] = one.name + " " + one.counts()
		if speed := one.speed(); speed != "" && i == len(s)-1 {
			parts[i] += " (" + speed + ")"
		}
	}
	return strings.Join(parts, ", ")
}
