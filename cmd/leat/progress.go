package main

import (
	"fmt"
	"os"
	"time"

	"github.com/leatworks/leat/internal/service"
)

// progress shows the progress of work: bars on a terminal, a line every few seconds
// elsewhere, nothing with --json.
type progress struct {
	quiet  bool
	screen *screen
	stages stages
	told   map[string]string // event id → the last message about its attempts
	bars   *bars             // nil without a terminal
	last   time.Time         // of the last line
	stall  string            // the last reason why nothing goes on
	line   string            // the last line
}

const (
	lineInterval = 2 * time.Second
	firstLine    = 300 * time.Millisecond // so that a short ingest shows a line too
)

func newProgress(g *globals) *progress {
	p := &progress{quiet: g.JSON, screen: &g.screen, stages: newStages(), told: make(map[string]string), last: time.Now().Add(firstLine - lineInterval)}
	if !p.quiet && onTerminal(os.Stderr) {
		p.bars = newBars()
		p.screen.show(p.bars)
	}
	return p
}

func (p *progress) update(f service.Progress) {
	p.stages.update(f.Counts, f.Listing, time.Now())
	if p.quiet {
		return
	}
	for event, reason := range f.Retries {
		if p.told[event] != reason {
			p.told[event] = reason
			_, _ = fmt.Fprintln(p.screen, safeLine(reason))
		}
	}
	if f.Stalled != p.stall {
		p.stall = f.Stalled
		if f.Stalled != "" {
			_, _ = fmt.Fprintln(p.screen, "still waiting: "+safeLine(oneLine(f.Stalled)))
		}
	}
	if p.bars != nil {
		p.bars.update(p.stages)
		return
	}
	if line := p.stages.String(); time.Since(p.last) >= lineInterval && line != p.line {
		p.last, p.line = time.Now(), line
		note("%s", line)
	}
}

// close ends the bars, which stay on the screen as they are.
func (p *progress) close() {
	if p.bars != nil {
		p.screen.clear()
		p.bars.close()
		p.bars = nil
	}
}
