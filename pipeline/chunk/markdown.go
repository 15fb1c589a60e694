package chunk

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	gmtext "github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Sections need only the structure of blocks. Without inline parsers and link
// definitions, whose cost can grow with the square of the text, goldmark takes time in
// proportion to the text.
var (
	blockParser = parser.NewParser(parser.WithBlockParsers(parser.DefaultBlockParsers()...))
	titleParser = parser.NewParser(
		parser.WithBlockParsers(util.Prioritized(parser.NewParagraphParser(), 1)),
		parser.WithInlineParsers(parser.DefaultInlineParsers()...),
	)
)

const (
	maxNested = 64      // quotes and lists in each other
	maxSteps  = 2 << 20 // blank lines, times lists around them: goldmark keeps 24 bytes of each
	maxTitle  = 200     // bytes of a heading that are parsed
	maxName   = 80      // bytes of a heading in a symbol: six levels fit in MaxSymbol
)

// markdownBlocks cuts Markdown by the headings of the document itself, not
// those in quotes and lists; nil if it cannot.
func markdownBlocks(text []byte) (blocks []block) {
	if nested, blank := shape(text); nested > maxNested || nested*blank > maxSteps {
		return nil
	}
	defer func() {
		if recover() != nil {
			blocks = nil // goldmark tripped over the text: lines will do
		}
	}()
	body := frontMatter(text)
	if body > 0 {
		blocks = append(blocks, block{end: body, kind: KindHeader})
	}
	document := blockParser.Parse(gmtext.NewReader(text[body:]))
	current := section{block: block{start: body, kind: KindSection}}
	var path headings
	for node := document.FirstChild(); node != nil; node = node.NextSibling() {
		heading, ok := node.(*ast.Heading)
		if !ok {
			current.filled = true
			continue
		}
		start := lineStart(text, body+heading.Pos())
		if start < current.start {
			continue
		}
		symbol := path.enter(heading.Level, title(text[body:], heading))
		// A heading with nothing but a deeper heading below it stays with that
		// heading: alone it would say nothing.
		if current.filled || current.level >= heading.Level {
			blocks = current.close(blocks, start)
			current = section{block: block{start: start, kind: KindSection}}
		}
		current.symbol, current.level = symbol, heading.Level
	}
	return mergeSections(current.close(blocks, len(text)))
}

// mergeSections joins small neighbouring sections, up to Target together, and lists
// their headings. Sections of a few words would make poor chunks, and a text of nothing
// but headings would make very many.
func mergeSections(blocks []block) []block {
	var out []block
	alone := true // the last of out cannot take another
	for _, b := range blocks {
		tiny := b.kind == KindSection && b.size() < small
		if last := len(out) - 1; tiny && !alone && b.end-out[last].start <= Target {
			out[last].names = append(out[last].defined(), b.defined()...)
			out[last].end = b.end
			out[last].symbol = listed(out[last].symbol, b.symbol)
			continue
		}
		out = append(out, b)
		alone = !tiny
	}
	return out
}

// listed adds the headings of a section to those of others, if there is room for
// all of them.
func listed(list, headings string) string {
	const separator = "; "
	switch {
	case list == "":
		return headings
	case headings == "" || list == headings || strings.HasSuffix(list, separator+headings) || len(list)+len(separator)+len(headings) > MaxSymbol:
		return list
	}
	return list + separator + headings
}

const between = " > " // headings in a symbol

// section is a block that is still being read.
type section struct {
	block
	level  int  // of its last heading; 0: none
	filled bool // holds more than headings
}

func (s section) close(blocks []block, end int) []block {
	if s.start == end {
		return blocks
	}
	s.end = end
	return append(blocks, s.block)
}

func lineStart(text []byte, at int) int {
	return bytes.LastIndexByte(text[:at], '\n') + 1
}

// shape returns an upper bound of how deep quotes and lists nest, and the number of
// blank lines. The bound is the largest number of markers on a line. Two columns of
// blanks before a marker count as one more, because they may stand for a list that
// earlier lines opened.
func shape(text []byte) (nested, blank int) {
	count, columns := 0, 0
	open := true // no text yet on this line
	for i, c := range text {
		switch {
		case c == '\n':
			if open && count == 0 {
				blank++
			}
			open, count, columns = true, 0, 0
		case !open:
		case c == ' ' || c == '\r':
			columns++
		case c == '\t':
			columns += 4
		case c >= '0' && c <= '9':
		case c == '>' || isMarker(text, i):
			count++
			nested = max(nested, count+columns/2)
		default:
			open = false
		}
	}
	return nested, blank
}

// isMarker says whether the byte at i ends the marker of a list item.
func isMarker(text []byte, i int) bool {
	switch text[i] {
	case '-', '+', '*', '.', ')':
		return i+1 == len(text) || text[i+1] == ' ' || text[i+1] == '\t' || text[i+1] == '\n' || text[i+1] == '\r'
	}
	return false
}

// maxFrontMatter is how far the end of front matter is looked for, in bytes.
const maxFrontMatter = 16 << 10

// frontMatter returns the length of the metadata that site generators keep at
// the top of a text, between lines of --- (YAML) or +++ (TOML). To Markdown it
// would be a heading.
func frontMatter(text []byte) int {
	end := lineEnd(text, 0)
	fence := string(bytes.TrimRight(text[:end], " \t\r\n"))
	if fence != "---" && fence != "+++" {
		return 0
	}
	for end < len(text) && end < maxFrontMatter {
		begin := end
		end = lineEnd(text, end)
		if string(bytes.TrimRight(text[begin:end], " \t\r\n")) == fence {
			return end
		}
	}
	return 0
}

// title returns the text of a heading without its markup.
func title(source []byte, heading *ast.Heading) string {
	raw := heading.Lines().Value(source)
	raw = raw[:min(len(raw), maxTitle)]
	if !bytes.ContainsAny(raw, "\\`*_[]<>&!\n") {
		return tidy(string(raw)) // no markup: most headings
	}
	document := titleParser.Parse(gmtext.NewReader(raw))
	var out strings.Builder
	// The visitor returns no error, so Walk has none to give.
	_ = ast.Walk(document, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := node.(type) {
		case *ast.Text:
			out.Write(n.Value(raw))
			if n.SoftLineBreak() || n.HardLineBreak() {
				out.WriteByte(' ')
			}
		case *ast.AutoLink:
			out.Write(n.Label(raw))
		}
		return ast.WalkContinue, nil
	})
	return tidy(out.String())
}

// tidy turns a title into one short line.
func tidy(title string) string {
	return clip(strings.Join(strings.Fields(title), " "), maxName)
}

// headings are the titles above a place in a text, by level.
type headings [6]string

// enter sets the title at level, and returns the path to it.
func (h *headings) enter(level int, title string) string {
	h[level-1] = title
	clear(h[level:])
	var path []string
	for _, title := range h {
		if title != "" {
			path = append(path, title)
		}
	}
	return strings.Join(path, between)
}
