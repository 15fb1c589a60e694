package lang

import (
	"bytes"
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/leatworks/leat/pipeline/lang/internal/linguist"
)

// guarded is a pattern with a text that every match contains. A search for the text costs a hundredth of the pattern's
// cost, and most paths need only that search.
type guarded struct {
	pattern *regexp.Regexp
	text    string // "" if none is known
}

func guard(pattern *regexp.Regexp) guarded {
	parsed, err := syntax.Parse(pattern.String(), syntax.Perl)
	if err != nil {
		return guarded{pattern: pattern}
	}
	return guarded{pattern, needed(parsed.Simplify())}
}

// guards compiles patterns and finds their texts.
func guards(patterns ...string) []guarded {
	list := make([]guarded, len(patterns))
	for i, p := range patterns {
		list[i] = guard(regexp.MustCompile(p))
	}
	return list
}

func (g guarded) matches(path string) bool {
	return strings.Contains(path, g.text) && g.pattern.MatchString(path)
}

// needed returns the longest text that is known to be in every match of re.
func needed(re *syntax.Regexp) (text string) {
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase == 0 {
			return string(re.Rune)
		}
	case syntax.OpConcat:
		for _, part := range re.Sub {
			if one := needed(part); len(one) > len(text) {
				text = one
			}
		}
	case syntax.OpCapture, syntax.OpPlus:
		return needed(re.Sub[0])
	}
	return text
}

// byModeline asks linguist for the language in an editor's modeline, but only if there may be such a line: linguist
// tries its patterns at each byte.
func byModeline(path string, sample []byte, candidates []string) []string {
	if !bytes.Contains(sample, []byte("-*-")) && !mayHoldVimLine(sample) {
		return nil
	}
	return linguist.GetLanguagesByModeline(path, sample, candidates)
}

// mayHoldVimLine reports whether a colon follows vi, vim, vim with a version, or ex.
func mayHoldVimLine(text []byte) bool {
	for rest := text; ; {
		end := bytes.LastIndexByte(rest, ':')
		if end < 0 {
			return false
		}
		rest = rest[:end]
		before := bytes.TrimRight(rest, "\t\n\f\r ")
		if bytes.HasSuffix(before, []byte("vi")) || bytes.HasSuffix(before, []byte("ex")) ||
			bytes.HasSuffix(bytes.TrimRight(bytes.TrimRight(before, "0123456789"), "<=>"), []byte("vim")) {
			return true
		}
	}
}
