package chunk

import (
	"cmp"
	"context"
	"slices"
)

// templates holds the tags of template languages that name the text after them, by the names
// that go-enry gives to the languages.
var templates = map[string]lazy{
	"Blade":      lazily(`@(?:section|push|component|slot|extends)\s*\(\s*['"]([\w./-]+)`),
	"EJS":        lazily(`<%[-=_]?\s*(?:async\s+)?function\s+(\w+)`),
	"HTML+EEX":   nil,
	"HTML+ERB":   lazily(`<%[-=]?\s*(?:def\s+(\w+)|(?:content_for|provide)[ (]+:(\w+))`),
	"HTML+Razor": lazily(`@section\s+(\w+)`),
	"Handlebars": lazily(`\{\{#\*inline\s+["'](\w+)`),
	"Jinja":      jinjaTag,
	"Liquid":     lazily(`\{%-?\s*(?:block|capture|schema|form)\s+['"]?(\w+)`),
	"Twig":       jinjaTag,
}

var jinjaTag = lazily(`\{%-?\s*(?:block|macro)\s+(\w+)`)

// templateBlocks cuts a template by its named tags and its headings, and its scripts
// by their definitions.
func templateBlocks(tag lazy) func(context.Context, []byte) []block {
	return func(ctx context.Context, text []byte) []block {
		return assemble(ctx, text, programs(text), func(markup []byte) []block {
			heads := htmlHeads(markup)
			for i := range heads {
				heads[i].level = min(heads[i].level+1, len(headings{}))
			}
			return outline(markup, tagged(markup, tag, heads))
		})
	}
}

// tagged adds the tags to the headings of a text. The first of
// those on one line counts.
func tagged(text []byte, tag lazy, heads []headline) []headline {
	if tag == nil {
		return heads
	}
	line, read := 0, 0 // where the line of the last tag begins, and up to where that is known
	for _, m := range tag().FindAllSubmatchIndex(text, -1) {
		if i := lineStart(text[read:m[0]], m[0]-read); i > 0 {
			line = read + i
		}
		read = m[0]
		for g := 2; g < len(m); g += 2 {
			if m[g] >= 0 {
				heads = append(heads, headline{start: line, end: m[1], level: 1, title: tidy(string(text[m[g]:m[g+1]]))})
			}
		}
	}
	slices.SortStableFunc(heads, func(a, b headline) int { return cmp.Compare(a.start, b.start) })
	return heads
}

var dockerStage = lazily(`(?im)^from[ \t]+(?:--\S+[ \t]+)*(\S+)(?:[ \t]+as[ \t]+(\S+))?`)

// dockerBlocks cuts a Dockerfile by its stages.
func dockerBlocks(text []byte) []block {
	var heads []headline
	for _, m := range dockerStage().FindAllSubmatchIndex(text, -1) {
		from, to := m[2], m[3]
		if m[4] >= 0 {
			from, to = m[4], m[5]
		}
		heads = append(heads, headline{start: m[0], end: m[1], level: 1, title: tidy(string(text[from:min(to, from+maxTitle)]))})
	}
	return outline(text, heads)
}
