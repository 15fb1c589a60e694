package chunk

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"unicode/utf8"
)

// A heading of a text that is not Markdown.
type headline struct {
	start, end int // of its lines
	level      int
	title      string
}

// outline cuts a text by its headings.
func outline(text []byte, heads []headline) []block {
	var blocks []block
	var path headings
	current := section{block: block{kind: KindSection}}
	after := 0 // the end of the last heading
	for _, h := range heads {
		if h.start < after {
			continue
		}
		current.filled = current.filled || !isBlank(text[after:h.start])
		if current.filled || current.level >= h.level {
			blocks = current.close(blocks, h.start)
			current = section{block: block{start: h.start, kind: KindSection}}
		}
		current.symbol, current.level = path.enter(h.level, h.title), h.level
		after = h.end
	}
	if len(heads) == 0 {
		return nil
	}
	return mergeSections(current.close(blocks, len(text)))
}

// rstBlocks cuts reStructuredText by its sections. The adornment of a title tells its
// level: adornments rank in the order in which they first occur.
func rstBlocks(text []byte) []block {
	var heads []headline
	var levels []string
	var start [2]int // of the two lines before
	var lines [2][]byte
	for at := 0; at < len(text); {
		end := lineEnd(text, at)
		line := bytes.TrimRight(text[at:end], " \t\r\n")
		title := bytes.TrimSpace(lines[1])
		if adorns(line, title) && (lines[1][0] != ' ' || adorns(lines[0], title)) {
			h := headline{start: start[1], end: end, title: tidy(string(head(title, 0, len(title))))}
			style := string(line[:1])
			if adorns(lines[0], title) && lines[0][0] == line[0] {
				h.start = start[0]
				style += style
			}
			for h.level < len(levels) && levels[h.level] != style {
				h.level++
			}
			if h.level == len(levels) {
				levels = append(levels, style)
			}
			h.level = min(h.level+1, len(headings{}))
			heads = append(heads, h)
			line = nil // it adorns no other
		}
		start = [2]int{start[1], at}
		lines = [2][]byte{lines[1], line}
		at = end
	}
	return outline(text, heads)
}

// adorns says whether line is a row of one punctuation mark as long as title.
func adorns(line, title []byte) bool {
	if len(title) == 0 || len(line) < 3 || len(line) < utf8.RuneCount(title) || !strings.ContainsRune("=-`:.'\"~^_*+#<>!$%&,/;?@|", rune(line[0])) {
		return false
	}
	return bytes.Count(line, line[:1]) == len(line) && bytes.Count(title, title[:1]) < max(len(title), 2)
}

var htmlTag = regexp.MustCompile(`<[^>]*>`)

// htmlBlocks cuts HTML by its headings. It cuts the text of a page by the lines that stand
// for them.
func htmlBlocks(ctx context.Context, text []byte) []block {
	list := programs(text)
	if frontMatter(text) > 0 && len(list) > 0 {
		list = list[1:] // it is of a generator of sites, and no program
	}
	return assemble(ctx, text, list, markupBlocks)
}

// markupBlocks cuts HTML between its scripts, and the text of a page, by headings.
func markupBlocks(text []byte) []block {
	if heads := htmlHeads(text); len(heads) > 0 {
		return outline(text, heads)
	}
	return hashBlocks(text)
}

func htmlHeads(text []byte) []headline {
	const longest = 500 // bytes of a heading and its tags
	var heads []headline
	line, read := 0, 0 // where the line of the last heading begins, and up to where that is known
	for at := 0; ; {
		i := bytes.IndexByte(text[at:], '<')
		if i < 0 || at+i+4 > len(text) {
			return heads
		}
		start := at + i
		at = start + 1
		if text[at]|0x20 != 'h' || text[at+1] < '1' || text[at+1] > '6' || text[at+2] != '>' && text[at+2] != ' ' {
			continue
		}
		inner := bytes.ToLower(text[start:min(len(text), start+longest)])
		end := bytes.Index(inner, []byte{'<', '/', 'h', text[at+1]})
		if end < 0 {
			continue
		}
		title := htmlTag.ReplaceAll(text[start:start+end], nil)
		if i := bytes.LastIndexByte(text[read:start], '\n'); i >= 0 {
			line = read + i + 1
		}
		read = start
		heads = append(heads, headline{start: line, end: start + end, level: int(text[at+1] - '0'), title: tidy(string(title))})
		at = start + end
	}
}
