package chunk

import (
	"bytes"
	"regexp"
)

// tomlBlocks cuts TOML and INI by tables.
func tomlBlocks(text []byte) []block {
	c := newCutter(text)
	var quote []byte // of the string over several lines that this one is in
	for at := 0; at < len(text); {
		end := lineEnd(text, at)
		line := bytes.TrimSpace(text[at:end])
		table := quote == nil && bytes.HasPrefix(line, []byte("["))
		quote = longQuote(line, quote)
		switch {
		case table && bytes.HasSuffix(bytes.TrimSpace(before(line, '#')), []byte("]")):
			c.begin(at, end, block{kind: KindSection, symbol: tidy(string(bytes.Trim(before(line, '#'), "[] \t")))})
		case len(c.blocks) > 0:
			if len(line) > 0 && line[0] != '#' { // a comment may belong to what follows
				c.extend(end)
			}
		case len(line) > 0 && line[0] != '#':
			c.begin(at, end, block{kind: KindLines})
		}
		at = end
	}
	return c.finish()
}

func before(line []byte, mark byte) []byte {
	if i := bytes.IndexByte(line, mark); i >= 0 {
		return line[:i]
	}
	return line
}

// longQuote returns the quote of the string in which the next line is.
func longQuote(line, quote []byte) []byte {
	for len(line) > 0 {
		if quote != nil {
			i := bytes.Index(line, quote)
			if i < 0 {
				return quote
			}
			line, quote = line[i+len(quote):], nil
			continue
		}
		at := openingQuote(line)
		if at < 0 {
			return nil
		}
		quote = line[at : at+3]
		line = line[at+3:]
	}
	return quote
}

// openingQuote returns where the first three quotes in a row stand, or -1 if there are
// none.
func openingQuote(line []byte) int {
	for i := 0; i+2 < len(line); i++ {
		if c := line[i]; (c == '"' || c == '\'') && line[i+1] == c && line[i+2] == c {
			return i
		}
	}
	return -1
}

// yamlKey is a key of a mapping, perhaps in a list.
var yamlKey = regexp.MustCompile(`^(?:- +)?(?:"([^"\n]{1,100})"|'([^'\n]{1,100})'|([^\s#"'\[\]{}&*!|>%@,:?-][^:\n]{0,100}?)) *:(?:\s|$)`)

// yamlBlocks cuts YAML by its keys and list items, which it knows by their indentation.
func yamlBlocks(text []byte) []block {
	c := newCutter(text)
	c.indented(0, len(text), "", 0)
	return c.finish()
}

// indented makes blocks from the items of text[start:end], which begin on the lines that
// are indented least.
func (c *cutter) indented(start, end int, path string, level int) {
	least := -1
	for at := start; at < end; at = lineEnd(c.text, at) {
		if column := indent(c.text[at:lineEnd(c.text, at)]); column >= 0 && (least < 0 || column < least) {
			least = column
		}
	}
	if least < 0 {
		return // nothing but blank lines and comments
	}
	first := -1
	flush := func(next int) {
		if first < 0 {
			return
		}
		b := block{kind: KindSection, path: path}
		line := head(c.text, first, lineEnd(c.text, first))
		if m := yamlKey.FindSubmatch(bytes.TrimLeft(line, " ")); m != nil {
			b.symbol = tidy(string(bytes.Join(m[1:], nil)))
		}
		body := lineEnd(c.text, first)
		if next-first <= whole {
			body = 0
		}
		it := item{start: first, end: lastLine(c.text, first, next), open: body}
		c.part(it, b, level, func(path string) { c.indented(body, next, path, level+1) })
	}
	for at := start; at < end; at = lineEnd(c.text, at) {
		if indent(c.text[at:lineEnd(c.text, at)]) == least {
			flush(at)
			first = at
		}
	}
	flush(end)
}

// indent returns by how much a line is indented, or -1 for a blank line or a comment.
func indent(line []byte) int {
	rest := bytes.TrimLeft(line, " ")
	if isBlank(rest) || rest[0] == '#' {
		return -1
	}
	return len(line) - len(rest)
}

// lastLine returns the end of the last line of text[start:end] that is neither
// blank nor a comment.
func lastLine(text []byte, start, end int) int {
	for end > start {
		begin := bytes.LastIndexByte(text[:end-1], '\n') + 1
		if begin <= start || indent(text[begin:end]) >= 0 {
			break
		}
		end = begin
	}
	return end
}
