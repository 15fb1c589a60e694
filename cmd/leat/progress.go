package main

import (
	"fmt"
	"os"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/leatworks/leat/pipeline/catalog"
)

// progress shows how far work is: bars on a terminal, a line every few seconds
// elsewhere, nothing beside a JSON document.
type progress struct {
	began  time.Time
	quiet  bool
	told   map[string]string // event id → what was last said of its attempts
	bars   *bars
	last   time.Time
	shown  catalog.Counts // in the last line
	closed bool
}

const lineInterval = 2 * time.Second

func newProgress(quiet bool) *progress {
	p := &progress{began: time.Now(), last: time.Now(), quiet: quiet, told: make(map[string]string)}
	if !quiet && onTerminal(os.Stderr) {
		p.bars = newBars()
	}
	return p
}

func (p *progress) update(f followed) {
	if p.quiet {
		return
	}
	for event, reason := range f.retries {
		if p.told[event] != reason {
			p.told[event] = reason
			p.say(safeLine(reason))
		}
	}
	switch {
	case p.bars != nil:
		p.bars.update(f)
	case time.Since(p.last) >= lineInterval && f.counts != p.shown:
		p.last, p.shown = time.Now(), f.counts
		p.say(p.line(f))
	}
}

func (p *progress) say(text string) {
	if p.bars != nil {
		_, _ = fmt.Fprintln(p.bars.container, text)
		return
	}
	note("%s", text)
}

// line is how far the work is, in words.
func (p *progress) line(f followed) string {
	c := f.counts
	rate := float64(c.Indexed) / time.Since(p.began).Seconds()
	text := fmt.Sprintf("%s listed, %s embedded, %s indexed (%.0f/s", count(c.Total+c.Skipped, "file", "files"), thousands(c.Embedded), thousands(c.Indexed), rate)
	if left := c.Total - c.Indexed - c.Failed; !f.listing && rate > 0 {
		text += fmt.Sprintf(", %s left", time.Duration(float64(left)/rate*float64(time.Second)).Round(time.Second))
	}
	return text + ")"
}

func (p *progress) close() {
	if p.bars != nil && !p.closed {
		p.closed = true
		p.bars.close()
	}
}

// bars are one bar a stage.
type bars struct {
	container                 *mpb.Progress
	listed, embedded, indexed *mpb.Bar
}

func newBars() *bars {
	b := &bars{container: mpb.New(mpb.WithOutput(os.Stderr), mpb.WithWidth(48))}
	b.listed, b.embedded, b.indexed = b.add("read"), b.add("embed"), b.add("index")
	return b
}

func (b *bars) add(name string) *mpb.Bar {
	return b.container.AddBar(0,
		mpb.PrependDecorators(decor.Name(name, decor.WC{W: 6, C: decor.DindentRight}), decor.CountersNoUnit("%d of %d", decor.WCSyncWidth)),
		mpb.AppendDecorators(
			decor.AverageSpeed(0, "%.0f/s", decor.WCSyncSpace),
			decor.OnComplete(decor.AverageETA(decor.ET_STYLE_GO, decor.WCSyncSpace), ""),
		),
	)
}

// update never says that a bar is complete while its total is still growing.
func (b *bars) update(f followed) {
	c := f.counts
	total := c.Total - c.Failed
	grow := int64(0)
	if f.listing {
		grow = 1
	}
	for _, row := range []struct {
		bar     *mpb.Bar
		current int64
		total   int64
	}{
		{b.listed, c.Total + c.Skipped, c.Total + c.Skipped + grow},
		{b.embedded, c.Embedded, total + grow},
		{b.indexed, c.Indexed, total + grow},
	} {
		row.bar.SetTotal(row.total, false)
		row.bar.SetCurrent(row.current)
	}
}

func (b *bars) close() {
	for _, bar := range []*mpb.Bar{b.listed, b.embedded, b.indexed} {
		bar.SetTotal(bar.Current(), true)
	}
	b.container.Wait()
}
