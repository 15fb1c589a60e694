package web

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/leatworks/leat/internal/service"
)

// spot is a symbol in the picture of a neighbourhood.
type spot struct {
	x, y, w     int
	name, small string
	id          string // id of its page; "": the symbol in the middle
}

// strand leads from one spot to another.
type strand struct {
	path     string
	doubtful bool
}

// neighbourhood is a picture of a symbol with the symbols that refer to it and the ones that it
// refers to, for a wide or a narrow window.
type neighbourhood struct {
	name    string
	w, h    int
	spots   []spot
	strands []strand
	more    []note
}

// note is a text in the picture.
type note struct {
	x, y int
	text string
}

// Measures of the picture, in its own units.
const (
	spotHeight, spotGap     = 46, 12
	spotWide, spotNarrow    = 290, 316
	strandWide, strandInset = 90, 22
	spotsShown              = 9      // on each side
	nameWide, nameNarrow    = 36, 38 // letters of a name
)

// other is a symbol at the other end of uses.
type other struct {
	service.Symbol
	role string
	sure bool
}

// others returns the symbols at the other ends of uses, each once, in their order. If a symbol has
// several uses, the surest one counts.
func others(uses []service.Use, outward bool, but string) (list []other) {
	for _, u := range uses {
		o := other{u.From, u.Role, sure(u)}
		if outward {
			o.Symbol = u.To
		}
		i := slices.IndexFunc(list, func(known other) bool { return known.ID == o.ID })
		switch {
		case o.ID == but:
		case i < 0:
			list = append(list, o)
		case o.sure && !list[i].sure:
			list[i] = o
		}
	}
	return list
}

// drawAround draws the neighbourhood of a view.
func drawAround(s symbolView, narrow bool) neighbourhood {
	in, out := others(s.in.Uses, false, s.symbol.ID), others(s.out.Uses, true, s.symbol.ID)
	if narrow {
		return drawTall(s.symbol, in, out)
	}
	rows := max(1, min(len(in), spotsShown), min(len(out), spotsShown))
	n := neighbourhood{name: "wide", w: 3*spotWide + 2*strandWide + 4, h: rows*(spotHeight+spotGap) + 24}
	middle := spotOf(s.symbol, 2+spotWide+strandWide, (n.h-24-spotHeight)/2, spotWide, nameWide)
	middle.id = ""
	n.spots = append(n.spots, middle)
	side := func(list []other, x int, outward bool) {
		shown := min(len(list), spotsShown)
		top := (n.h - 24 - shown*(spotHeight+spotGap) + spotGap) / 2
		for i, o := range list[:shown] {
			b := spotOf(o.Symbol, x, top+i*(spotHeight+spotGap), spotWide, nameWide)
			b.small = o.role + " · " + b.small
			n.spots = append(n.spots, b)
			from, to := b, middle
			if outward {
				from, to = middle, b
			}
			n.strands = append(n.strands, strand{between(from, to), !o.sure})
		}
		if more := len(list) - shown; more > 0 {
			n.more = append(n.more, note{x + 12, n.h - 6, "and " + number(more) + " more below"})
		}
	}
	side(in, 2, false)
	side(out, 2+2*(spotWide+strandWide), true)
	return n
}

// between is a curve from the right side of a spot to the left side of another.
func between(from, to spot) string {
	x1, y1, x2, y2 := from.x+from.w+2, from.y+spotHeight/2, to.x-9, to.y+spotHeight/2
	half := (x2 - x1) / 2
	return fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x1, y1, x1+half, y1, x2-half, y2, x2, y2)
}

// drawTall puts the symbols that refer to a symbol above it, and the ones that it refers to below.
func drawTall(symbol service.Symbol, in, out []other) neighbourhood {
	n := neighbourhood{name: "tall", w: spotNarrow + strandInset + 4}
	y := 2
	add := func(list []other) (at []spot) {
		shown := min(len(list), spotsShown)
		for _, o := range list[:shown] {
			b := spotOf(o.Symbol, 2+strandInset, y, spotNarrow, nameNarrow)
			b.small = o.role + " · " + b.small
			n.spots, at = append(n.spots, b), append(at, b)
			y += spotHeight + spotGap
		}
		if more := len(list) - shown; more > 0 {
			n.more = append(n.more, note{2 + strandInset + 12, y + 8, "and " + number(more) + " more below"})
			y += 24
		}
		return at
	}
	above := add(in)
	y += spotGap
	middle := spotOf(symbol, 2+strandInset, y, spotNarrow, nameNarrow)
	middle.id = ""
	n.spots = append(n.spots, middle)
	y += spotHeight + 2*spotGap
	below := add(out)
	n.h = y
	edge := func(from, to spot, doubtful bool) {
		y1, y2 := from.y+spotHeight/2, to.y+spotHeight/2
		n.strands = append(n.strands, strand{fmt.Sprintf("M%d %dH10V%dH%d", from.x-2, y1, y2, to.x-9), doubtful})
	}
	for i, b := range above {
		edge(b, middle, !in[i].sure)
	}
	for i, b := range below {
		edge(middle, b, !out[i].sure)
	}
	return n
}

func spotOf(s service.Symbol, x, y, w, letters int) spot {
	small := s.Path
	if s.Kind != "file" {
		small += ":" + digits(s.StartLine)
	}
	return spot{x: x, y: y, w: w, name: ending(symbolName(s), letters), small: ending(small, letters), id: s.ID}
}

// ending is the end of a name that is too long.
func ending(name string, letters int) string {
	n := utf8.RuneCountInString(name)
	if n <= letters {
		return name
	}
	return "…" + string([]rune(name)[n-letters+1:])
}
