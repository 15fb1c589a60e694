package main

import (
	"os"
	"sync"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// bars shows one bar a stage on a terminal.
type bars struct {
	*mpb.Progress
	bars [3]*mpb.Bar

	mu    sync.Mutex
	shown stages
}

func newBars() *bars {
	b := &bars{Progress: mpb.New(mpb.WithOutput(os.Stderr), mpb.WithWidth(36)), shown: newStages()}
	for i := range b.bars {
		b.bars[i] = b.AddBar(0,
			mpb.PrependDecorators(
				decor.Name(b.shown[i].name, decor.WC{W: 6, C: decor.DindentRight}),
				b.text(i, stage.counts),
			),
			mpb.AppendDecorators(b.text(i, stage.speed)),
		)
	}
	return b
}

// text returns a column of text about a stage.
func (b *bars) text(i int, of func(stage) string) decor.Decorator {
	return decor.Any(func(decor.Statistics) string {
		b.mu.Lock()
		defer b.mu.Unlock()
		return of(b.shown[i])
	}, decor.WC{C: decor.DindentRight | decor.DSyncWidth})
}

// update sets the bars. A bar stays empty while its total is unknown.
func (b *bars) update(s stages) {
	b.mu.Lock()
	b.shown = s
	b.mu.Unlock()
	for i, bar := range b.bars {
		total := s[i].total
		if s[i].unknown() {
			total = 0
		}
		bar.SetTotal(total, false)
		bar.SetCurrent(s[i].done)
	}
}

// close leaves the bars as they are now.
func (b *bars) close() {
	for _, bar := range b.bars {
		bar.SetTotal(bar.Current(), true)
	}
	b.Wait()
}
