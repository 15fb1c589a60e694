package chunk

import (
	"bytes"
	"fmt"
)

// hashBlocks cuts the text of a document by the lines that begin with #, which stand for
// its headings.
func hashBlocks(text []byte) []block {
	var heads []headline
	for at := 0; at < len(text); {
		end := lineEnd(text, at)
		line := text[at:end]
		title := bytes.TrimLeft(line, "#")
		if level := len(line) - len(title); 1 <= level && level <= len(headings{}) && bytes.HasPrefix(title, []byte(" ")) && !isBlank(title) {
			heads = append(heads, headline{start: at, end: end, level: level, title: tidy(string(head(title, 0, len(title))))})
		}
		at = end
	}
	return outline(text, heads)
}

// pageBlocks cuts the text of a document by its pages, which begin on lines of a
// form feed. Pages of a few words, such as slides, share a chunk.
func pageBlocks(text []byte) []block {
	var blocks []block
	first, start := 1, 0 // of the block that is being read
	page, begin := 1, 0  // the page that is being read
	flush := func(last, end int) {
		if start == end {
			return
		}
		b := block{start: start, end: end, kind: KindSection, symbol: fmt.Sprintf("page %d", first)}
		if last > first {
			b.symbol = fmt.Sprintf("pages %d-%d", first, last)
		}
		blocks = append(blocks, b)
	}
	turn := func(end int) { // the page ends
		if begin > start && end-start > Target {
			flush(page-1, begin)
			first, start = page, begin
		}
		page, begin = page+1, end
	}
	for at := 0; at < len(text); {
		end := lineEnd(text, at)
		if string(bytes.TrimRight(text[at:end], "\r\n")) == "\f" {
			turn(at)
		}
		at = end
	}
	turn(len(text))
	flush(page-1, len(text))
	return blocks
}
