package lang

import (
	"slices"
	"strings"
)

// The attributes that decide about files. A line may also set them through a macro.
const (
	attrVendored  = "linguist-vendored"
	attrGenerated = "linguist-generated"
	attrDocs      = "linguist-documentation"
	attrLanguage  = "linguist-language"
	attrBinary    = "binary"
	attrText      = "text"
	attrDiff      = "diff"
	attrEncoding  = "encoding"              // encoding of the file in the repository, for programs that show it
	attrWorkTree  = "working-tree-encoding" // encoding of the file in a checkout; git stores it in UTF-8, if it was added under this rule
)

var decisive = []string{attrVendored, attrGenerated, attrDocs, attrLanguage, attrBinary, attrText, attrDiff, attrEncoding, attrWorkTree}

// maxAttributeLine is the length, in bytes, from which on git ignores a line of .gitattributes.
const maxAttributeLine = 2048

// attribute is what a line says about one attribute: "name", "-name", "!name" or "name=text".
type attribute struct {
	name  string
	value value
}

// value is an attribute's value.
type value struct {
	state valueState
	text  string // for valueText
}

type valueState uint8

const (
	valueUnset valueState = iota // no line names it, or the last one says "!name"
	valueTrue                    // "name"
	valueFalse                   // "-name"
	valueText                    // "name=text"
)

// on returns linguist's reading of the value. set is false if the attribute says nothing.
func (v value) on() (on, set bool) {
	switch v.state {
	case valueTrue:
		return true, true
	case valueFalse:
		return false, true
	case valueText:
		return v.text != "false", true
	}
	return false, false
}

// off reports whether the value is "-name".
func (v value) off() bool { return v.state == valueFalse }

type attributeRule struct {
	pattern
	attributes []attribute
}

// attributes holds the .gitattributes files of a commit.
type attributes struct {
	files  map[string][]attributeRule // directory → rules; "" is the root
	macros map[string][]attribute
}

func parseAttributes(files map[string][]byte) attributes {
	a := attributes{
		files:  make(map[string][]attributeRule, len(files)),
		macros: map[string][]attribute{attrBinary: {{attrDiff, value{state: valueFalse}}, {"merge", value{state: valueFalse}}, {attrText, value{state: valueFalse}}}},
	}
	for dir, content := range files {
		dir = strings.Trim(dir, "/")
		if rules := a.parseFile(content, dir == ""); len(rules) > 0 {
			a.files[dir] = rules
		}
	}
	a.prune()
	return a
}

// parseFile reads one file. Only the file at the root may define macros.
func (a *attributes) parseFile(content []byte, root bool) []attributeRule {
	var rules []attributeRule
	for _, line := range lines(content) {
		if len(line) >= maxAttributeLine {
			continue
		}
		name, rest, ok := cutPattern(strings.TrimLeft(line, blanks))
		if !ok {
			continue
		}
		macro, isMacro := strings.CutPrefix(name, "[attr]")
		if isMacro && len(name) > len("[attr]") {
			if states, ok := parseStates(rest); ok && root && validName(macro) {
				a.macros[macro] = states
			}
			continue
		}
		states, ok := parseStates(rest)
		pattern := parsePattern(name)
		if !ok || pattern.negative || pattern.dirOnly {
			continue // git ignores negative patterns here, and no file is a directory
		}
		rules = append(rules, attributeRule{pattern, states})
	}
	return rules
}

const blanks = " \t\r\n"

// cutPattern splits a line after its pattern. The pattern may be quoted as in C.
func cutPattern(line string) (pattern, rest string, ok bool) {
	if line == "" || line[0] == '#' {
		return "", "", false
	}
	if pattern, rest, ok := unquote(line); ok {
		return pattern, rest, true
	}
	end := strings.IndexAny(line, blanks)
	if end < 0 {
		end = len(line)
	}
	return line[:end], line[end:], true
}

// unquote reads a string that is quoted as git quotes paths.
func unquote(s string) (text, rest string, ok bool) {
	if s[0] != '"' {
		return "", "", false
	}
	var out strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] == '"' {
			return out.String(), s[i+1:], true
		}
		if s[i] != '\\' {
			out.WriteByte(s[i])
			continue
		}
		if i++; i == len(s) {
			return "", "", false
		}
		if at := strings.IndexByte(`abfnrtv\"`, s[i]); at >= 0 {
			out.WriteByte("\a\b\f\n\r\t\v\\\""[at])
			continue
		}
		b, ok := octal(s[i:])
		if !ok {
			return "", "", false
		}
		out.WriteByte(b)
		i += 2
	}
	return "", "", false
}

// octal reads a byte from three octal digits.
func octal(s string) (byte, bool) {
	if len(s) < 3 || s[0] > '3' {
		return 0, false
	}
	b := byte(0)
	for _, c := range []byte(s[:3]) {
		if c < '0' || c > '7' {
			return 0, false
		}
		b = b<<3 | (c - '0')
	}
	return b, true
}

// parseStates reads the attributes of a line. One bad name makes the line invalid.
func parseStates(s string) ([]attribute, bool) {
	var out []attribute
	for _, field := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(blanks, r) }) {
		name, text, hasText := strings.Cut(field, "=")
		v := value{state: valueTrue}
		switch {
		case strings.HasPrefix(name, "-"):
			name, v.state = name[1:], valueFalse
		case strings.HasPrefix(name, "!"):
			name, v.state = name[1:], valueUnset
		case hasText:
			v = value{state: valueText, text: text}
		}
		if !validName(name) {
			return nil, false
		}
		out = append(out, attribute{name, v})
	}
	return out, true
}

func validName(name string) bool {
	if name == "" || name[0] == '-' {
		return false
	}
	for _, c := range []byte(name) {
		if c != '-' && c != '.' && c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// prune drops lines that decide nothing, so that a thousand lines about merges or line ends cost no path anything.
func (a *attributes) prune() {
	keep := func(at attribute) bool {
		_, macro := a.macros[at.name]
		return macro || slices.Contains(decisive, at.name)
	}
	drop := func(at attribute) bool { return !keep(at) }
	for name, states := range a.macros {
		a.macros[name] = slices.DeleteFunc(states, drop)
	}
	for dir, rules := range a.files {
		for i := range rules {
			rules[i].attributes = slices.DeleteFunc(rules[i].attributes, drop)
		}
		a.files[dir] = slices.DeleteFunc(rules, func(r attributeRule) bool { return len(r.attributes) == 0 })
	}
}

// of returns the attributes of the file at path. The nearest .gitattributes counts first, and in each file the last
// line.
func (a *attributes) of(path string, b *budget) map[string]value {
	if len(a.files) == 0 {
		return nil
	}
	var found map[string]value
	for dir, more := parent(path); ; dir, more = parent(dir) {
		relative := path
		if dir != "" {
			relative = path[len(dir)+1:]
		}
		rules := a.files[dir]
		for i := len(rules) - 1; i >= 0 && !b.spent(); i-- {
			if rules[i].match(relative, false, b) {
				if found == nil {
					found = map[string]value{}
				}
				a.fill(found, rules[i].attributes)
			}
		}
		if !more {
			return found
		}
	}
}

// fill adds attributes that found does not hold yet. It adds a macro's attributes at the macro's place, so that earlier
// lines cannot undo them.
func (a *attributes) fill(found map[string]value, states []attribute) {
	for i := len(states) - 1; i >= 0; i-- {
		at := states[i]
		if _, known := found[at.name]; known {
			continue
		}
		found[at.name] = at.value
		if at.value.state == valueTrue {
			a.fill(found, a.macros[at.name])
		}
	}
}

// parent returns the directory of path; more is false if path is the root.
func parent(path string) (dir string, more bool) {
	slash := strings.LastIndexByte(path, '/')
	if slash < 0 {
		return "", false
	}
	return path[:slash], true
}
