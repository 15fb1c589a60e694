package extract

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"golang.org/x/net/html"
)

// maxProlog is how far into a file a page must declare itself, in bytes.
const maxProlog = 4 << 10

// templates holds the marks of programs that make pages. In a file with such a mark, the markup is the code.
var templates = [][]byte{[]byte("{{"), []byte("{%"), []byte("<%"), []byte("<?php"), []byte("<?=")}

// IsPage reports whether an HTML text is a page for people to read. Such a page is complete, and neither a template nor
// a fragment.
func IsPage(source []byte) bool {
	head := bytes.ToLower(source[:min(len(source), maxProlog)])
	if !bytes.Contains(head, []byte("<!doctype html")) && !bytes.Contains(head, []byte("<html")) {
		return false
	}
	for _, mark := range templates {
		if bytes.Contains(source, mark) {
			return false
		}
	}
	return true
}

// htmlText returns the visible text of a page. Each line holds the text on the same line of the file. Headings begin
// with #, and items with -.
func htmlText(ctx context.Context, source []byte) ([]byte, *Refusal, error) {
	if !IsPage(source) {
		return nil, unreadable("it is no whole page, or a template of one"), nil
	}
	p := page{}
	tokens := html.NewTokenizer(until{ctx, bytes.NewReader(source)})
	at := 0
	for tags := 0; ; tags++ {
		if tags > maxTags {
			return nil, unreadable("it has more than %d tags and texts", maxTags), nil
		}
		kind := tokens.Next()
		raw := tokens.Raw()
		if kind == html.ErrorToken {
			if err := tokens.Err(); !errors.Is(err, io.EOF) {
				return nil, nil, err
			}
			p.lines(source[at:]) // a tag that has no end
			break
		}
		at += len(raw)
		switch kind {
		case html.TextToken:
			p.text(raw)
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			breaks := bytes.Count(raw, newline) // Raw must not be used after TagName
			p.tag(tokens, kind)
			p.breaks(breaks)
		default:
			p.lines(raw)
		}
	}
	if p.dropped > p.out.Len() {
		return nil, unreadable("it is more script and style than text"), nil
	}
	return clean(p.out.Bytes()), nil, nil
}

var newline = []byte("\n")

// page gathers the text of a page.
type page struct {
	out     bytes.Buffer
	raw     string // the element whose text is not markup
	pre     int    // depth of elements that keep blanks
	blank   bool   // a blank is owed before the next word
	dropped int    // bytes of scripts and styles
}

// The text of hidden elements is not visible. The text of plain elements has no entities.
var (
	hidden = map[string]bool{"script": true, "style": true, "noscript": true, "iframe": true, "noembed": true, "noframes": true}
	plain  = map[string]bool{"xmp": true, "plaintext": true}
	inline = map[string]bool{
		"a": true, "abbr": true, "b": true, "bdi": true, "bdo": true, "cite": true, "code": true, "data": true, "del": true, "dfn": true, "em": true, "font": true, "i": true,
		"ins": true, "kbd": true, "mark": true, "q": true, "s": true, "samp": true, "small": true, "span": true, "strong": true, "sub": true, "sup": true, "time": true, "tt": true,
		"u": true, "var": true, "wbr": true,
	}
)

func (p *page) tag(tokens *html.Tokenizer, kind html.TokenType) {
	name, more := tokens.TagName()
	tag := string(name)
	p.raw = ""
	if kind == html.StartTagToken {
		p.raw = tag
	}
	switch {
	case inline[tag]:
		return
	case tag == "pre" || tag == "textarea":
		if kind == html.StartTagToken {
			p.pre++
		} else {
			p.pre = max(p.pre-1, 0)
		}
	}
	p.blank = true
	if kind == html.EndTagToken {
		return
	}
	switch tag {
	case "h1", "h2", "h3", "h4", "h5", "h6":
		p.mark(strings.Repeat("#", int(tag[1]-'0')))
	case "li":
		p.mark("-")
	case "img":
		for more {
			var key, value []byte
			key, value, more = tokens.TagAttr()
			if string(key) == "alt" {
				p.words(string(value))
				p.blank = true
			}
		}
	}
}

// mark begins a line that is still empty.
func (p *page) mark(mark string) {
	if b := p.out.Bytes(); len(b) == 0 || b[len(b)-1] == '\n' {
		p.out.WriteString(mark)
		p.blank = true
	}
}

func (p *page) text(raw []byte) {
	element := p.raw
	p.raw = ""
	if hidden[element] {
		p.dropped += len(raw)
		p.lines(raw)
		return
	}
	for i, line := range bytes.Split(raw, newline) {
		if i > 0 {
			p.breaks(1)
		}
		text := string(line)
		if !plain[element] {
			text = html.UnescapeString(text)
		}
		p.words(text)
	}
}

// words writes a part of a line. Except inside elements that keep blanks, it makes one blank of several, and begins no
// line with a blank.
func (p *page) words(text string) {
	text = strings.Map(func(r rune) rune {
		switch r {
		case '\n', '\f', '\u00a0': // these come from entities, and only the file's own line ends count
			return ' '
		case '\r':
			return -1
		}
		return r
	}, text)
	if p.pre > 0 {
		p.space()
		p.out.WriteString(text)
		return
	}
	for len(text) > 0 {
		rest := strings.TrimLeft(text, " \t")
		p.blank = p.blank || len(rest) < len(text)
		word := rest
		if i := strings.IndexAny(rest, " \t"); i >= 0 {
			word = rest[:i]
		}
		if word != "" {
			p.space()
			p.out.WriteString(word)
		}
		text = rest[len(word):]
	}
}

// space writes the blank that is owed, except at the beginning of a line.
func (p *page) space() {
	if b := p.out.Bytes(); p.blank && len(b) > 0 && b[len(b)-1] != '\n' {
		p.out.WriteByte(' ')
	}
	p.blank = false
}

// lines writes only the line ends in a piece of markup.
func (p *page) lines(raw []byte) { p.breaks(bytes.Count(raw, newline)) }

func (p *page) breaks(n int) {
	for range n {
		p.out.WriteByte('\n')
		p.blank = false
	}
}
