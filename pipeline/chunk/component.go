package chunk

import (
	"bytes"
	"regexp"
)

var (
	openScript  = regexp.MustCompile(`(?i)<script\b[^>]*>`)
	closeScript = regexp.MustCompile(`(?i)</script\s*>`)
	scriptIs    = regexp.MustCompile(`(?i)\blang\s*=\s*["']?(tsx?|typescript|jsx?)\b`)
)

// script is the part of a component that is a program.
type script struct {
	start, end int
	language   string
}

// componentBlocks cuts a file of Vue, Svelte or Astro: its scripts by their
// definitions, and what stands around them by lines.
func componentBlocks(text []byte) []block {
	var blocks []block
	at := 0
	for _, s := range scripts(text) {
		parts := syntaxBlocks(s.language, text[s.start:s.end])
		if len(parts) == 0 {
			continue
		}
		if s.start > at {
			blocks = append(blocks, block{start: at, end: s.start, kind: KindLines})
		}
		for _, b := range parts {
			b = b.shifted(s.start)
			if b.kind == KindHeader {
				b.kind = KindLines // a component has one script among other parts
			}
			blocks = append(blocks, b)
		}
		at = s.end
	}
	if at == 0 {
		return nil
	}
	if at < len(text) {
		blocks = append(blocks, block{start: at, end: len(text), kind: KindLines})
	}
	return mergeSmall(blocks)
}

// scripts finds the whole lines that hold scripts, and the front matter of Astro.
func scripts(text []byte) []script {
	var list []script
	at := 0
	if body := frontMatter(text); body > 0 {
		begin := lineEnd(text, 0)
		list = append(list, script{begin, lineStart(text, body-1), "TypeScript"})
		at = body
	}
	for {
		tag := openScript.FindIndex(text[at:])
		if tag == nil {
			return list
		}
		from, to := at+tag[0], at+tag[1]
		end := closeScript.FindIndex(text[to:])
		if end == nil {
			return list
		}
		s := script{start: to, end: to + end[0], language: "JavaScript"}
		at = to + end[1]
		if is := scriptIs.FindSubmatch(text[from:to]); is != nil {
			switch bytes.ToLower(is[1])[0] {
			case 't':
				s.language = "TypeScript"
			}
			if bytes.HasSuffix(bytes.ToLower(is[1]), []byte("sx")) {
				s.language = "TSX"
			}
		}
		if s.start = lineEnd(text, s.start); s.start >= s.end {
			continue // on the line of its tag: too short to be cut
		}
		s.end = lineStart(text, s.end)
		if s.start < s.end {
			list = append(list, s)
		}
	}
}

var asciidocTitle = regexp.MustCompile(`^(={1,6}) +(\S.*)`)

// asciidocBlocks cuts AsciiDoc by its sections. Lines of four marks or more
// fence what is no section.
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
