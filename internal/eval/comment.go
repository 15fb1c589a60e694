package eval

import (
	"regexp"
	"strings"
)

// commentBefore returns the comment that ends right above a line, counted from
// 0, and its text.
func commentBefore(text []string, commented []bool, at int) (lines, string) {
	first := at
	for first > 0 && commented[first-1] {
		first--
		if strings.HasPrefix(strings.TrimSpace(text[first]), "/*") {
			break
		}
	}
	if first == at {
		return lines{}, ""
	}
	return lines{first + 1, at}, said(text[first:at])
}

var marks = regexp.MustCompile(`^\s*(?:/\*[*!]?|\*/|\*|//[/!]?<?)?\s?`)

// said removes the marks of a comment from its lines.
func said(comment []string) string {
	var b strings.Builder
	for _, line := range comment {
		line = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(line), "*/"))
		b.WriteString(strings.TrimSpace(marks.ReplaceAllString(line, "")) + "\n")
	}
	return strings.TrimSpace(b.String())
}

// docstring returns the string below the head of a definition, if more of the
// definition follows. A string alone is the body.
func docstring(text []string, at, last int) (lines, string) {
	for at < last && !strings.HasSuffix(strings.TrimSpace(text[at]), ":") {
		at++
	}
	first := at + 1
	if first >= last {
		return lines{}, ""
	}
	begin := strings.TrimLeft(strings.TrimSpace(text[first]), "rRuU")
	for _, q := range []string{`"""`, `'''`} {
		if !strings.HasPrefix(begin, q) {
			continue
		}
		for end := first; end < last; end++ {
			line := strings.TrimSpace(text[end])
			if end == first {
				line = strings.TrimPrefix(begin, q)
			}
			if !strings.HasSuffix(line, q) {
				continue
			}
			if strings.TrimSpace(strings.Join(text[end+1:last], "")) == "" {
				return lines{}, ""
			}
			doc := strings.Join(text[first:end+1], "\n")
			doc = strings.TrimLeft(strings.TrimSpace(doc), "rRuU")
			return lines{first + 1, end + 1}, strings.TrimSpace(strings.Trim(doc, q[:1]))
		}
	}
	return lines{}, ""
}

var (
	tag       = regexp.MustCompile(`\{@\w+\s+([^{}]*)\}`)
	markup    = regexp.MustCompile(`</?[a-zA-Z][^<>]*>|` + "`+" + `|\*\*|:\w+:`)
	summary   = regexp.MustCompile(`(?m)^[@\\](?:summary|brief|description)\s+`)
	paragraph = regexp.MustCompile(`\n\s*(?:\n|@\w|:param|\.\. |[-*] |#+ |Args:|Returns:|Parameters\b|Example)`)
	plain     = regexp.MustCompile(`^[a-z]+$`)
	rule      = regexp.MustCompile(`^[\W_]+$`)
)

// maxAsked bounds a question, in bytes: a few sentences.
const maxAsked = 400

// question makes a question of a comment's text: its first paragraph, without
// markup and without the definition's name, unless that is a plain word within
// a sentence.
func (d definition) question() string {
	doc := d.doc
	if at := summary.FindStringIndex(doc); at != nil {
		doc = doc[at[1]:]
	}
	if at := paragraph.FindStringIndex(doc); at != nil {
		doc = doc[:at[0]]
	}
	var words []string
	for _, word := range strings.Fields(markup.ReplaceAllString(tag.ReplaceAllString(doc, "$1"), "")) {
		bare := strings.Trim(word, ".,:;()[]{}'\"")
		named := bare == d.name && (len(words) == 0 || !plain.MatchString(bare)) || bare == d.owner+"."+d.name
		if named || rule.MatchString(word) {
			continue
		}
		words = append(words, word)
	}
	return clip(strings.Join(words, " "))
}

// clip shortens a question to whole words.
func clip(q string) string {
	if len(q) > maxAsked {
		q = q[:strings.LastIndexByte(q[:maxAsked+1], ' ')+1]
	}
	return strings.TrimSpace(q)
}

var noQuestion = regexp.MustCompile(`(?i)^(?:see |deprecated|todo|fixme|copyright|licen[sc]e|nolint|eslint|@|inheritdoc|\{@inherit)|copyright|spdx-`)

// asks says whether a text is a question: it has four or more meaningful words.
func asks(q string) bool {
	letters := 0
	for _, word := range strings.Fields(q) {
		if strings.ContainsFunc(word, func(r rune) bool { return 'a' <= r|0x20 && r|0x20 <= 'z' }) {
			letters++
		}
	}
	return letters >= 4 && !noQuestion.MatchString(q)
}
