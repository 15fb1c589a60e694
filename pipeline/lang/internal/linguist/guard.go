package linguist

import (
	"bytes"
	"regexp"
	"regexp/syntax"
	"slices"
)

// guarded is a pattern that looks at a text only if the text holds what each match needs. Looking for texts is much
// faster, and most headers of C hold nothing that the pattern of C++ needs.
type guarded struct {
	pattern *regexp.Regexp
	needs   []need // one of them is in each match; none: the pattern looks at each text
}

// need is a text that a match holds.
type need struct {
	text  string
	start bool // only blanks are before it in its line
}

// The bounds of needs. Shorter texts are in most files, and many texts take as long as the pattern.
const (
	leastNeed = 3
	mostNeeds = 48
)

func guard(pattern string) guarded {
	g := guarded{pattern: regexp.MustCompile(pattern)}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return g // cannot happen: it was compiled
	}
	needs := needsOf(parsed, false)
	if len(needs) <= mostNeeds && shortest(needs) >= leastNeed {
		g.needs = needs
	}
	return g
}

// Match implements rule.Matcher.
func (g guarded) Match(text []byte) bool {
	if len(g.needs) > 0 && !slices.ContainsFunc(g.needs, func(n need) bool { return n.in(text) }) {
		return false
	}
	return g.pattern.Match(text)
}

func (n need) in(text []byte) bool {
	for at := 0; ; at++ {
		i := bytes.Index(text[at:], []byte(n.text))
		if i < 0 || !n.start {
			return i >= 0
		}
		at += i
		before := bytes.TrimRight(text[:at], " \t\f\r")
		if len(before) == 0 || before[len(before)-1] == '\n' {
			return true
		}
	}
}

// needsOf returns texts of which each match of an expression holds one, or nil. start says that a match begins behind
// the blanks of a line.
func needsOf(e *syntax.Regexp, start bool) (needs []need) {
	switch e.Op {
	case syntax.OpCapture, syntax.OpPlus:
		return needsOf(e.Sub[0], start)
	case syntax.OpAlternate:
		for _, sub := range e.Sub {
			of := needsOf(sub, start)
			if of == nil {
				return nil
			}
			needs = append(needs, of...)
		}
		return needs
	case syntax.OpConcat:
		return needsOfParts(e.Sub, start)
	}
	return needsOfTexts(textsOf(e), start)
}

// needsOfParts returns the needs of the part, or of the run of parts with few texts, whose shortest text is longest.
func needsOfParts(parts []*syntax.Regexp, start bool) (best []need) {
	take := func(needs []need) {
		if len(needs) <= mostNeeds && shortest(needs) > shortest(best) {
			best = needs
		}
	}
	for i := 0; i < len(parts); i++ {
		switch {
		case parts[i].Op == syntax.OpBeginLine || parts[i].Op == syntax.OpBeginText:
			start = true
			continue
		case start && blank(parts[i]):
			continue
		}
		texts := textsOf(parts[i])
		if texts == nil {
			take(needsOf(parts[i], start))
			start = false
			continue
		}
		for i+1 < len(parts) {
			longer := product(texts, textsOf(parts[i+1]))
			if longer == nil {
				break
			}
			texts = longer
			i++
		}
		take(needsOfTexts(texts, start))
		start = false
	}
	return best
}

func needsOfTexts(texts []string, start bool) (needs []need) {
	for _, text := range texts {
		needs = append(needs, need{text, start})
	}
	return needs
}

// shortest returns the length of the shortest need, or 0 if there is none.
func shortest(needs []need) int {
	if len(needs) == 0 {
		return 0
	}
	return len(slices.MinFunc(needs, func(a, b need) int { return len(a.text) - len(b.text) }).text)
}

// textsOf returns all texts that an expression matches, or nil if they are many.
func textsOf(e *syntax.Regexp) (texts []string) {
	switch e.Op {
	case syntax.OpLiteral:
		if e.Flags&syntax.FoldCase == 0 {
			return []string{string(e.Rune)}
		}
	case syntax.OpCapture:
		return textsOf(e.Sub[0])
	case syntax.OpCharClass:
		if len(e.Rune) <= 8 {
			for i := 0; i < len(e.Rune); i += 2 {
				if e.Rune[i] != e.Rune[i+1] {
					return nil
				}
				texts = append(texts, string(e.Rune[i]))
			}
		}
		return texts
	case syntax.OpQuest:
		if of := textsOf(e.Sub[0]); of != nil {
			return append(of, "")
		}
	case syntax.OpAlternate:
		for _, sub := range e.Sub {
			of := textsOf(sub)
			if of == nil || len(texts)+len(of) > mostNeeds {
				return nil
			}
			texts = append(texts, of...)
		}
		return texts
	case syntax.OpConcat:
		texts = []string{""}
		for _, sub := range e.Sub {
			if texts = product(texts, textsOf(sub)); texts == nil {
				return nil
			}
		}
		return texts
	}
	return nil
}

// product returns each of some texts followed by each of others, or nil if there are none or too many.
func product(first, then []string) (all []string) {
	if len(first)*len(then) > mostNeeds {
		return nil
	}
	for _, a := range first {
		for _, b := range then {
			all = append(all, a+b)
		}
	}
	return all
}

// blank reports whether an expression matches only blanks and ends of lines.
func blank(e *syntax.Regexp) bool {
	switch e.Op {
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest:
		return blank(e.Sub[0])
	case syntax.OpCharClass:
		for i := 0; i < len(e.Rune); i += 2 {
			for r := e.Rune[i]; r <= e.Rune[i+1]; r++ {
				if r > ' ' || !bytes.ContainsRune([]byte(" \t\n\f\r"), r) {
					return false
				}
			}
		}
		return len(e.Rune) > 0
	case syntax.OpLiteral:
		return string(e.Rune) == " " || string(e.Rune) == "\t"
	}
	return false
}
