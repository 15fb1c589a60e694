package chunk

import (
	"bytes"
	"context"
	"regexp"
)

var (
	openPart  = regexp.MustCompile(`(?i)<(script|style)\b[^>]*>`)
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
		gap(p.start)
		for _, b := range parts {
			b = b.shifted(p.start)
			if b.kind == KindHeader {
				b.kind = KindLines // a component has one script among other parts
			}
			blocks = append(blocks, b)
		}
		at = p.end
	}
	if at == 0 {
		return markup(text)
	}
	gap(len(text))
	return mergeSmall(blocks)
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
	if body := frontMatter(text); body > 0 {
		begin := lineEnd(text, 0)
		list = append(list, program{begin, lineStart(text, body-1), "TypeScript"})
		at = body
	}
	tags, codes := openPart.FindAllSubmatchIndex(text, -1), razorCode.FindAllIndex(text, -1)
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
		open, to := text[tags[0][0]:tags[0][1]], tags[0][1]
		kind := bytes.ToLower(text[tags[0][2]:tags[0][3]])
		end := closers[string(kind)].FindIndex(text[to:])
		if end == nil {
			return list
		}
		p := program{start: lineEnd(text, to), end: lineStart(text, to+end[0]), language: dialects[string(kind)]}
		at = to + end[1]
		if is := partIs.FindSubmatch(open); is != nil {
			if p.language = dialects[string(bytes.ToLower(is[1]))]; p.language == "" {
				p.language = dialects[string(kind)]
			}
		}
		if p.start < p.end { // else on the line of its tag: too short to be cut
			list = append(list, p)
		}
	}
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
