package web

import (
	"container/list"
	"context"
	"path"
	"sync"
)

// mostPainted is the number of hits whose colours are kept. That is enough for ten people who type
// a word. With the longest texts of chunks (4 KiB) they take some 6 MiB.
const mostPainted = 512

// palette keeps hits with their colours. While somebody types, most hits are the same as after the
// previous key, and colouring them takes more time than finding them.
type palette struct {
	mu    sync.Mutex
	kept  map[canvas]*list.Element
	order *list.List // of *painting, the last used first
}

// canvas holds everything that colours depend on.
type canvas struct{ language, name, text string }

// painting is the lines of a hit as they are shown, and how many are left out.
type painting struct {
	canvas
	lines [][]span
	left  int
}

func newPalette() *palette { return &palette{kept: make(map[canvas]*list.Element), order: list.New()} }

// paint returns the first lines of a hit, with colours as far as the context has time for them.
// Callers must not change them.
func (p *palette) paint(ctx context.Context, language, file, text string) ([][]span, int) {
	c := canvas{language, path.Base(file), text}
	p.mu.Lock()
	e := p.kept[c]
	if e != nil {
		p.order.MoveToFront(e)
	}
	p.mu.Unlock()
	if e != nil {
		one := e.Value.(*painting)
		return one.lines, one.left
	}
	one, inTime := c.paint(ctx)
	if !inTime { // the rest is plain, and must not stay so
		return one.lines, one.left
	}
	return p.keep(one)
}

// keep adds a painting, and removes the one that was not used for the longest time.
func (p *palette) keep(one *painting) ([][]span, int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept[one.canvas] == nil {
		p.kept[one.canvas] = p.order.PushFront(one)
	}
	for p.order.Len() > mostPainted {
		delete(p.kept, p.order.Remove(p.order.Back()).(*painting).canvas)
	}
	return one.lines, one.left
}

// paint colours only the lines that a hit shows.
func (c canvas) paint(ctx context.Context) (one *painting, inTime bool) {
	lines, inTime := colour(ctx, c.language, c.name, c.text, linesPerHit)
	shown := code{lines: lines}
	left := shown.clip(linesPerHit)
	for i, line := range shown.lines {
		shown.lines[i] = narrow(line)
	}
	return &painting{canvas: c, lines: shown.lines, left: left}, inTime
}
