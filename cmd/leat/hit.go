package main

import (
	"fmt"
	"strings"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/pipeline/search"
)

// printer writes hits for people.
type printer struct {
	repositories bool // name the repository: there are several
	lines        int  // most lines of a hit; 0: all
	matcher      search.Matcher
	color        bool // the terminal takes colors
}

// Escape sequences of a terminal.
const (
	bold  = "\x1b[1m"
	dim   = "\x1b[2m"
	match = "\x1b[1;33m"
	plain = "\x1b[0m"
)

func (p printer) paint(color, text string) string {
	if !p.color {
		return text
	}
	return color + text + plain
}

// mostPlaces is the number of other places that are named of a hit's text.
const mostPlaces = 3

func (p printer) hit(h service.Hit) string {
	var b strings.Builder
	b.WriteString(p.paint(bold, p.where(h.Repository, h.Path, h.StartLine, h.EndLine)))
	if h.Symbol != "" {
		fmt.Fprintf(&b, "  %s %s", h.Kind, safeLine(h.Symbol))
	}
	b.WriteString("  " + p.paint(dim, fmt.Sprintf("%s@%s %.3f", safeLine(service.ShortRef(h.Ref)), shortCommit(h.Commit), h.Score)) + "\n")
	for i, other := range h.Places {
		if i == mostPlaces {
			b.WriteString(p.paint(dim, "  also in "+count(len(h.Places)-i, "more place", "more places")) + "\n")
			break
		}
		where := p.where(other.Repository, other.Path, other.StartLine, other.EndLine)
		b.WriteString(p.paint(dim, fmt.Sprintf("  also %s  %s@%s", where, safeLine(service.ShortRef(other.Ref)), shortCommit(other.Commit))) + "\n")
	}
	for _, sentence := range h.Calls.Sentences() {
		b.WriteString(p.paint(dim, "  "+safeLine(sentence)) + "\n")
	}
	text := strings.Split(strings.TrimRight(h.Text, "\n"), "\n")
	for n, line := range text {
		if p.lines > 0 && n == p.lines {
			b.WriteString("  " + p.paint(dim, "… "+count(len(text)-n, "more line", "more lines")) + "\n")
			break
		}
		fmt.Fprintf(&b, "%s  %s\n", p.paint(dim, fmt.Sprintf("%6d", h.StartLine+n)), p.highlight(clip(safe(strings.TrimSuffix(line, "\r")))))
	}
	return b.String()
}

func (p printer) where(repository, path string, start, end int) string {
	where := fmt.Sprintf("%s:%d-%d", safeLine(path), start, end)
	if p.repositories {
		where = safeLine(repository) + " " + where
	}
	return where
}

// highlight paints the query's words.
func (p printer) highlight(line string) string {
	if !p.color {
		return line
	}
	var b strings.Builder
	at := 0
	for _, m := range p.matcher.Matches(line) {
		b.WriteString(line[at:m[0]] + p.paint(match, line[m[0]:m[1]]))
		at = m[1]
	}
	b.WriteString(line[at:])
	return b.String()
}

// clip keeps a very long line from filling the screen.
func clip(line string) string {
	const most = 400
	runes := []rune(line)
	if len(runes) <= most {
		return line
	}
	return string(runes[:most]) + "…"
}
