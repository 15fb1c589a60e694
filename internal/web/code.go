package web

import (
	"context"
	"html"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/alecthomas/chroma/v2"
	"github.com/alecthomas/chroma/v2/lexers"

	"github.com/leatworks/leat/pipeline/search"
)

// patience bounds the time to colour one text. The rest stays plain.
const patience = 100 * time.Millisecond

// span is a part of a line of one colour.
type span struct {
	class string // of style.css; "": plain
	text  string
}

// colour cuts a text into lines, and the first of these into spans by the syntax of its language.
// The spans together have exactly the text. If the lexer is not done when the context ends, or
// returns another text, the rest stays plain. inTime says whether the lexer ended within the
// context.
func colour(ctx context.Context, language, file, text string, most int) (lines [][]span, inTime bool) {
	lexer := lexers.Get(language)
	if lexer == nil || language == "" {
		lexer = lexers.Match(path.Base(file))
	}
	if lexer == nil {
		return plain(nil, text), true
	}
	spans, done, inTime := lex(ctx, lexer, text, most)
	return plain(spans, text[done:]), inTime
}

// lex returns the spans of the first lines of a text, as far as the lexer comes, and their size in
// bytes. inTime says whether it came so far before the context ended. The lexer sees the whole
// text, but only works as far as it is asked.
func lex(ctx context.Context, lexer chroma.Lexer, text string, most int) (spans []span, done int, inTime bool) {
	defer func() {
		if recover() != nil { // a lexer may panic on a text that nobody has tried
			spans, done, inTime = nil, 0, true
		}
	}()
	next, err := lexer.Tokenise(&chroma.TokeniseOptions{State: "root", EnsureLF: false}, text)
	if err != nil {
		return nil, 0, true
	}
	for token := next(); token != chroma.EOF && most > 0; token = next() {
		if ctx.Err() != nil {
			return spans, done, false
		}
		if !strings.HasPrefix(text[done:], token.Value) {
			break
		}
		done += len(token.Value)
		most -= strings.Count(token.Value, "\n")
		spans = append(spans, span{classOf(token.Type), token.Value})
	}
	return spans, done, true
}

// classOf returns the class of a kind of token. There are few, because a few colours say more than
// many.
func classOf(t chroma.TokenType) string {
	switch {
	case t == chroma.KeywordType, t == chroma.NameClass, t == chroma.NameBuiltin:
		return "t"
	case t.InCategory(chroma.Keyword), t == chroma.NameTag, t == chroma.OperatorWord:
		return "k"
	case t == chroma.NameFunction, t == chroma.NameFunctionMagic, t == chroma.NameDecorator:
		return "f"
	case t == chroma.NameAttribute, t == chroma.NameConstant, t == chroma.NameProperty:
		return "a"
	case t.InSubCategory(chroma.LiteralNumber):
		return "m"
	case t.InSubCategory(chroma.LiteralString), t == chroma.Literal:
		return "s"
	case t.InCategory(chroma.Comment):
		return "c"
	case t == chroma.GenericHeading, t == chroma.GenericSubheading:
		return "h"
	}
	return ""
}

// plain cuts spans and the plain rest of a text into lines.
func plain(spans []span, rest string) (lines [][]span) {
	var line []span
	for _, s := range append(spans, span{"", rest}) {
		for {
			text, after, cut := strings.Cut(s.text, "\n")
			if text != "" {
				line = append(line, span{s.class, text})
			}
			if !cut {
				break
			}
			lines, line = append(lines, line), nil
			s.text = after
		}
	}
	if len(line) > 0 {
		lines = append(lines, line)
	}
	return lines
}

// code is a text with numbered lines.
type code struct {
	lines  [][]span
	first  int            // number of the first line
	link   string         // address to which the number of a line is added; "": a fragment of this page
	marker search.Matcher // marks words
	marks  bool
	chosen [2]int // lines that the address names
}

// component writes the code. Every text passes html.EscapeString.
func (c code) component() templ.Component {
	text, _ := c.write(math.MaxInt)
	return templ.Raw(text)
}

// write writes as many lines as fit into a number of bytes, but at least one, and returns their
// number.
func (c code) write(most int) (string, int) {
	var b strings.Builder
	b.WriteString(`<pre class="code" tabindex="0"><code>`)
	n := 0
	for ; n < len(c.lines) && (n == 0 || b.Len() < most); n++ {
		c.line(&b, c.first+n, c.lines[n])
	}
	b.WriteString(`</code></pre>`)
	return b.String(), n
}

func (c code) line(b *strings.Builder, number int, spans []span) {
	n := strconv.Itoa(number)
	if number >= c.chosen[0] && number <= c.chosen[1] {
		b.WriteString(`<span class="l on"`)
	} else {
		b.WriteString(`<span class="l"`)
	}
	if c.link == "" {
		b.WriteString(` id="L` + n + `"><a href="#L` + n + `">` + n + `</a>`)
	} else {
		b.WriteString(`><a href="` + html.EscapeString(c.link) + "#L" + n + `" tabindex="-1">` + n + `</a>`)
	}
	var marks [][2]int
	if c.marks {
		marks = c.marker.Matches(textOf(spans))
	}
	at := 0
	for _, s := range spans {
		writeSpan(b, s, at, marks)
		at += len(s.text)
	}
	b.WriteString("\n</span>")
}

func textOf(spans []span) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.text)
	}
	return b.String()
}

// writeSpan writes a span that begins at a byte of its line, and marks parts of it.
func writeSpan(b *strings.Builder, s span, at int, marks [][2]int) {
	if s.class != "" {
		b.WriteString(`<span class="` + s.class + `">`)
		defer b.WriteString(`</span>`)
	}
	from := 0
	for _, m := range marks {
		start, end := min(max(m[0]-at, from), len(s.text)), min(m[1]-at, len(s.text))
		if start >= end {
			continue
		}
		b.WriteString(html.EscapeString(s.text[from:start]) + "<mark>" + html.EscapeString(s.text[start:end]) + "</mark>")
		from = end
	}
	b.WriteString(html.EscapeString(s.text[from:]))
}

// clip keeps the first lines of code, and returns how many it has left out. It does not count blank
// lines at the end.
func (c *code) clip(most int) (left int) {
	for len(c.lines) > 1 && strings.TrimSpace(textOf(c.lines[len(c.lines)-1])) == "" {
		c.lines = c.lines[:len(c.lines)-1]
	}
	if left = len(c.lines) - most; left <= 0 {
		return 0
	}
	c.lines = slices.Clone(c.lines[:most])
	return left
}
