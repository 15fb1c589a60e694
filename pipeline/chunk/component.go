package chunk

import (
	"bytes"
	"context"
	"regexp"
)

var (
	openPart  = regexp.MustCompile(`(?i)<(script|style)\b(?:"[^"]*"|'[^']*'|[^>"'])*>`)
	partIs    = regexp.MustCompile(`(?i)\blang\s*=\s*["']?(\w+)`)
	razorCode = regexp.MustCompile(`(?m)^[ \t]*@(?:functions|code)\s*\{`)
)

// closers match the ends of parts whose beginnings openPart matches.
var closers = map[string]*regexp.Regexp{"script": regexp.MustCompile(`(?i)</script\s*>`), "style": regexp.MustCompile(`(?i)</style\s*>`)}

// dialects maps the attribute of scripts and styles to their language. Without one they are
// JavaScript and CSS.
var dialects = map[string]string{
	"script": "JavaScript", "style": "CSS", "ts": "TypeScript", "typescript": "TypeScript", "tsx": "TSX", "jsx": "TSX",
	"scss": "SCSS", "less": "Less",
}

// program is the part of a component or a template that is a program or a style.
type program struct {
	start, end int
	language   string
}

// componentBlocks cuts a file of Vue, Svelte or Astro: its scripts by their definitions,
// its styles by rules, and the rest by lines.
func componentBlocks(ctx context.Context, text []byte) []block {
	return assemble(ctx, text, programs(text), func([]byte) []block { return nil })
}

// assemble cuts the programs in a text by their languages, and the rest with markup, or by
// lines if markup is nil.
func assemble(ctx context.Context, text []byte, list []program, markup func([]byte) []block) []block {
	var blocks []block
	at := 0
	gap := func(end int) {
		if end == at {
			return
		}
		around := markup(text[at:end])
		if len(around) == 0 {
			around = []block{{end: end - at, kind: KindLines}}
		}
		for _, b := range around {
			blocks = append(blocks, b.shifted(at))
		}
	}
	for _, p := range list {
		inside := text[p.start:p.end]
		var parts []block
		if format := formatOf(p.language); format != nil {
			parts = format(inside)
		} else {
			parts = syntaxBlocks(ctx, p.language, inside, nil)
		}
		if len(parts) == 0 {
			continue
		}
		begin, end := wholeLines(text, p, at)
		if p.start < at { // on the last line of the program before
			last := &blocks[len(blocks)-1]
			for _, b := range parts {
				names := b.shifted(p.start).names
				last.names = append(last.names, names...)
				last.adopt(names...)
			}
			last.end, at = end, end
			continue
		}
		gap(begin)
		for i, b := range parts {
			b = b.shifted(p.start)
			if i == 0 {
				b.start = begin
			}
			if i == len(parts)-1 {
				b.end = end
			}
			if b.kind == KindHeader {
				b.kind = KindLines // a component has one script among other parts
			}
			blocks = append(blocks, b)
		}
		at = end
	}
	if at == 0 {
		return markup(text)
	}
	gap(len(text))
	return mergeSmall(blocks)
}

// wholeLines are the lines of a program, with its tags where these are on the same lines and
// no line before at is one of them.
func wholeLines(text []byte, p program, at int) (begin, end int) {
	begin, end = max(at, p.start), max(at, p.end)
	if i := bytes.LastIndexByte(text[max(at, begin-Max):begin], '\n'); i >= 0 {
		begin = max(at, begin-Max) + i + 1
	} else if begin-Max <= at {
		begin = at
	}
	if i := bytes.IndexByte(text[end-1:min(len(text), end+Max)], '\n'); i >= 0 {
		end += i
	} else if end+Max >= len(text) {
		end = len(text)
	}
	return begin, end
}

// codeStart is where the code between two tags begins: on the next line, if nothing stands
// behind the tag.
func codeStart(text []byte, from, to int) int {
	if end := from + len(text[from:to]) - len(bytes.TrimLeft(text[from:to], " \t\r")); end < to && text[end] == '\n' {
		return end + 1
	}
	return from
}

// codeEnd is where it ends.
func codeEnd(text []byte, from, to int) int {
	return from + len(bytes.TrimRight(text[from:to], " \t"))
}

// formatOf returns the cutter of styles.
func formatOf(language string) func([]byte) []block {
	switch language {
	case "CSS":
		return braces(sheet)
	case "SCSS", "Less":
		return braces(slashed)
	}
	return nil
}

// programs finds the whole lines that hold scripts, styles and code of Razor, and the
// front matter of Astro.
func programs(text []byte) []program {
	var list []program
	at := 0
	blank := len(text) - len(bytes.TrimLeft(text, "\r\n"))
	if body := frontMatter(text[blank:]); body > 0 {
		at = blank + body
		list = append(list, program{lineEnd(text, blank), lineStart(text, at-1), "TypeScript"})
	}
	tags, codes := openPart.FindAllSubmatchIndex(text, -1), razorCode.FindAllIndex(text, -1)
	comments := comments{text: text}
	for {
		for len(tags) > 0 && tags[0][0] < at {
			tags = tags[1:]
		}
		for len(codes) > 0 && codes[0][0] < at {
			codes = codes[1:]
		}
		if len(codes) > 0 && (len(tags) == 0 || codes[0][0] < tags[0][0]) {
			end := razorEnd(text, codes[0][1])
			if begin := lineEnd(text, codes[0][1]-1); begin < lineStart(text, end) {
				list = append(list, program{begin, lineStart(text, end), "C#"})
			}
			at = max(end, codes[0][1])
			continue
		}
		if len(tags) == 0 {
			return list
		}
		if end := comments.around(at, tags[0][0]); end > 0 {
			at = end
			continue
		}
		open, to := text[tags[0][0]:tags[0][1]], tags[0][1]
		kind := bytes.ToLower(text[tags[0][2]:tags[0][3]])
		end := closers[string(kind)].FindIndex(text[to:])
		if end == nil {
			return list
		}
		p := program{start: codeStart(text, to, to+end[0]), end: codeEnd(text, to, to+end[0]), language: dialects[string(kind)]}
		at = to + end[1]
		if is := partIs.FindSubmatch(open); is != nil {
			if p.language = dialects[string(bytes.ToLower(is[1]))]; p.language == "" {
				p.language = dialects[string(kind)]
			}
		}
		if p.start < p.end {
			list = append(list, p)
		}
	}
}

// comments finds the comments of a text of HTML. It remembers its last answer, so that it
// reads the text once.
type comments struct {
	text     []byte
	from, to int // the comment that is known
	none     bool
}

// around returns the end of the comment that begins at or after from and holds the place at,
// or 0 if there is none.
func (c *comments) around(from, at int) int {
	for !c.none && c.from < at {
		if c.to > at && c.from >= from {
			return c.to
		}
		next := max(from, c.to)
		begin := bytes.Index(c.text[next:], []byte("<!--"))
		if begin < 0 {
			c.none = true
			break
		}
		length := bytes.Index(c.text[next+begin:], []byte("-->"))
		if length < 0 {
			c.none = true
			break
		}
		c.from, c.to = next+begin, next+begin+length+len("-->")
	}
	return 0
}

// razorEnd returns where the brace that stands open at from is closed.
func razorEnd(text []byte, from int) int {
	list := slashed.items(text, from)
	if len(list) == 0 {
		return from
	}
	end := list[len(list)-1].end
	if i := bytes.IndexByte(text[end:], '}'); i >= 0 {
		return end + i
	}
	return len(text)
}

var asciidocTitle = regexp.MustCompile(`^(={1,6}) +(\S.*)`)

// asciidocBlocks cuts AsciiDoc by its sections. Lines of four marks or more fence parts
// that hold no section.
func asciidocBlocks(text []byte) []block {
	var heads []headline
	fence := ""
	for at := 0; at < len(text); {
		end := lineEnd(text, at)
		line := bytes.TrimRight(text[at:end], " \t\r\n")
		switch {
		case len(line) >= 4 && bytes.IndexByte([]byte("-.=*_+/"), line[0]) >= 0 && bytes.Count(line, line[:1]) == len(line):
			if fence == "" {
				fence = string(line)
			} else if fence == string(line) {
				fence = ""
			}
		case fence == "":
			if m := asciidocTitle.FindSubmatch(line); m != nil {
				heads = append(heads, headline{start: at, end: end, level: len(m[1]), title: tidy(string(head(m[2], 0, len(m[2]))))})
			}
		}
		at = end
	}
	return outline(text, heads)
}
