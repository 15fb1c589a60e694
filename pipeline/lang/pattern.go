package lang

import "strings"

// pattern is a path pattern in the syntax that .gitignore and .gitattributes share.
type pattern struct {
	text     string    // as written, for people
	negative bool      // begins with '!'
	dirOnly  bool      // ends in '/'
	baseName bool      // holds no slash, and so matches the last element alone
	prefix   string    // the literal beginning of the pattern
	literal  bool      // nothing follows prefix
	tail     automaton // what follows prefix
	invalid  bool      // matches nothing
}

// parsePattern reads a pattern without the blanks around it.
func parsePattern(text string) pattern {
	p := pattern{text: text}
	rest, negative := strings.CutPrefix(text, "!")
	p.negative = negative
	rest, p.dirOnly = strings.CutSuffix(rest, "/")
	p.baseName = !strings.Contains(rest, "/")
	rest = strings.TrimPrefix(rest, "/")

	wild := strings.IndexAny(rest, `*?[\`)
	if wild < 0 {
		p.prefix, p.literal = rest, true
		return p
	}
	// Git compares the literal beginning first and passes only the rest to wildmatch. So the stars in "a**/b" count
	// as the beginning of a pattern.
	if !p.baseName {
		p.prefix, rest = rest[:wild], rest[wild:]
	}
	tail, ok := compileAutomaton(rest)
	p.tail, p.invalid = tail, !ok
	return p
}

// match reports whether the pattern matches path, which is relative to the directory of the pattern's file.
func (p *pattern) match(path string, dir bool, b *budget) bool {
	if !b.take(1) || p.invalid || p.dirOnly && !dir {
		return false
	}
	if p.baseName {
		path = path[strings.LastIndexByte(path, '/')+1:]
	}
	if p.literal {
		return path == p.prefix
	}
	rest, ok := strings.CutPrefix(path, p.prefix)
	return ok && p.tail.match(rest, b)
}
