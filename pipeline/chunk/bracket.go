package chunk

import (
	"bytes"
	"regexp"
	"strings"
)

// notation says how a format brackets, quotes and separates.
type notation struct {
	separator byte     // ends an item
	closes    bool     // a closing brace ends an item too
	blocks    bool     // the line of its brace names an item, and no other bracket opens it
	quotes    string   // characters that quote up to the same character, or to the end of the line
	long      bool     // quotes run over lines, and $tag$ quotes too
	comments  []string // marks of comments that run to the end of the line
}

var (
	sheet   = notation{separator: ';', closes: true, quotes: `"'`}
	slashed = notation{separator: ';', closes: true, quotes: `"'`, comments: []string{"//"}}
	hashed  = notation{closes: true, blocks: true, quotes: `"`, comments: []string{"#", "//"}}
	data    = notation{separator: ',', quotes: `"'`, comments: []string{"//"}}
	queries = notation{separator: ';', quotes: "\"'`", long: true, comments: []string{"--"}}
)

// item is a part of a text beside others.
type item struct {
	start, end int
	open       int // behind its first opening bracket, 0 if there is none
}

// items returns the parts of text from an offset up to the bracket that closes
// them.
func (n notation) items(text []byte, from int) []item {
	var list []item
	current, depth := item{start: -1}, 0
	finish := func(end int) {
		if current.start >= 0 {
			current.end = end
			list = append(list, current)
		}
		current = item{start: -1}
	}
	for i := from; i < len(text); {
		if end := n.comment(text, i); end > i {
			i = end
			continue
		}
		c := text[i]
		next := i + 1
		switch c {
		case ' ', '\t', '\r', '\n':
			i = next
			continue
		case '}', ']', ')':
			if depth == 0 {
				finish(i)
				return list
			}
		}
		if current.start < 0 {
			current.start = i
		}
		switch {
		case c == '{' || c == '[' || c == '(':
			depth++
			if depth == 1 && current.open == 0 && c != '(' && (c == '{' || !n.blocks) {
				current.open = next
			}
		case c == '}' || c == ']' || c == ')':
			depth--
			if depth == 0 && n.closes && c == '}' {
				finish(next)
			}
		case depth == 0 && c == n.separator:
			finish(next)
		default:
			next = n.quoted(text, i)
		}
		i = next
	}
	finish(len(text))
	return list
}

// comment returns where the comment at i ends, or i if there is none.
func (n notation) comment(text []byte, i int) int {
	rest := text[i:]
	if bytes.HasPrefix(rest, []byte("/*")) {
		if end := bytes.Index(rest[2:], []byte("*/")); end >= 0 {
			return i + 2 + end + 2
		}
		return len(text)
	}
	for _, mark := range n.comments {
		if bytes.HasPrefix(rest, []byte(mark)) {
			return lineEnd(text, i)
		}
	}
	return i
}

var dollar = regexp.MustCompile(`^\$[A-Za-z_]{0,32}\$`)

// quoted returns the offset after the quotation at i, or after the byte there if none begins.
func (n notation) quoted(text []byte, i int) int {
	c := text[i]
	if n.long && c == '$' {
		if tag := dollar.Find(text[i:min(len(text), i+40)]); tag != nil {
			if end := bytes.Index(text[i+len(tag):], tag); end >= 0 {
				return i + end + 2*len(tag)
			}
			return len(text)
		}
	}
	if strings.IndexByte(n.quotes, c) < 0 {
		return i + 1
	}
	for at := i + 1; at < len(text); at++ {
		switch {
		case text[at] == c:
			return at + 1
		case text[at] == '\\':
			at++
		case text[at] == '\n' && !n.long:
			return at
		}
	}
	return len(text)
}

// braces cuts rules, messages and blocks in braces, and names them by the text before them.
func braces(n notation) func([]byte) []block {
	return func(text []byte) []block {
		c := newCutter(text)
		c.braces(n, text, 0, "", 0)
		return c.finish()
	}
}

func (c *cutter) braces(n notation, text []byte, from int, path string, level int) {
	for _, it := range n.items(text, from) {
		b := block{kind: KindSection, path: path}
		if it.open == 0 {
			b.kind = KindLines
			if first, _, _ := strings.Cut(string(head(text, it.start, it.end)), " "); first == "syntax" || first == "package" || first == "import" || first == "@import" || first == "@use" {
				b.kind = KindHeader
			}
		} else {
			b.symbol = tidy(string(n.title(text, it)))
		}
		c.part(it, b, level, func(path string) { c.braces(n, text, it.open, path, level+1) })
	}
}

// title returns the name of an item, which stands before its bracket.
func (n notation) title(text []byte, it item) []byte {
	before := text[it.start : it.open-1]
	if n.blocks {
		before = bytes.TrimRight(before, " \t\r\n")
		before = before[lineStart(before, len(before)):]
	}
	return before[:min(len(before), maxTitle)]
}

// head returns the beginning of a part, up to the length of a name.
func head(text []byte, start, end int) []byte {
	return text[start:min(end, start+maxTitle)]
}

// part adds an item. A large one that has members is cut into these.
func (c *cutter) part(it item, b block, level int, members func(path string)) {
	if it.open == 0 || it.end-it.start <= whole || level >= maxLevels {
		if b.symbol == "" && len(c.blocks) > 0 {
			if last := c.blocks[len(c.blocks)-1]; last.opens == "" && last.symbol == "" && last.kind == b.kind && last.path == b.path && it.end-last.start <= Target {
				c.extend(it.end)
				return
			}
		}
		b.own = place{it.start, it.end}
		c.begin(it.start, it.end, b)
		return
	}
	b.opens, b.own = join(b.path, b.symbol), place{it.start, it.end}
	c.begin(it.start, it.open, b)
	members(b.opens)
	c.extend(it.end)
}

// finish ends the last block with the text, and merges the small ones.
func (c *cutter) finish() []block {
	if len(c.blocks) == 0 {
		return nil
	}
	c.extend(len(c.text))
	return mergeSmall(joinHeader(c.blocks))
}

// jsonBlocks cuts JSON by its members.
func jsonBlocks(text []byte) []block {
	c := newCutter(text)
	top := data.items(text, 0)
	if len(top) != 1 || top[0].open == 0 {
		return nil
	}
	c.begin(0, top[0].open, block{kind: KindLines})
	c.members(text, top[0].open, "", 0)
	return c.finish()
}

func (c *cutter) members(text []byte, from int, path string, level int) {
	for _, it := range data.items(text, from) {
		b := block{kind: KindSection, path: path, symbol: key(text, it)}
		c.part(it, b, level, func(path string) { c.members(text, it.open, path, level+1) })
	}
}

// key returns the name of a member of an object.
func key(text []byte, it item) string {
	end := data.quoted(text, it.start)
	if end <= it.start+1 || end > it.start+maxTitle || !bytes.HasPrefix(bytes.TrimLeft(head(text, end, it.end), " \t\r\n"), []byte(":")) {
		return ""
	}
	return tidy(string(text[it.start+1 : end-1]))
}
